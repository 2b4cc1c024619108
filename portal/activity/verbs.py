"""Everything that can happen, each with what it must say and one translatable sentence.

Sentences may use ``%(actor)s``, ``%(name)s`` (the file or folder), ``%(folder)s`` (where) and the keys of ``details``.
What happens to documents stands in :mod:`portal.activity.document_verbs`.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.activity.document_verbs import *  # noqa: F403 - one name for all verbs, wherever they are written
from portal.activity.kinds import GROUPS as GROUPS
from portal.activity.kinds import VERBS as VERBS
from portal.activity.kinds import Verb as Verb
from portal.activity.kinds import verb

CONTACT_ADDED = verb("contact.added", "people", "user-plus", _l("%(actor)s added the contact %(person)s."), "person")
CONTACT_REMOVED = verb(
    "contact.removed", "people", "user-minus", _l("%(actor)s removed the contact %(person)s."), "person"
)
CONTACT_CHANGED = verb(
    "contact.changed", "people", "pencil", _l("%(actor)s changed the details of %(person)s."), "person"
)
INVITED = verb("person.invited", "people", "mail", _l("%(actor)s sent an activation mail to %(person)s."), "person")
ACTIVATED = verb("person.activated", "people", "circle-check", _l("%(actor)s activated their account."))
PERSON_DISABLED = verb(
    "person.disabled", "people", "user-off", _l("%(actor)s disabled the account of %(person)s."), "person"
)
PERSON_ENABLED = verb(
    "person.enabled", "people", "user-check", _l("%(actor)s enabled the account of %(person)s."), "person"
)
COLLABORATOR_ADDED = verb(
    "collaborator.added", "people", "user-plus", _l("%(actor)s added the collaborator %(person)s."), "person"
)
ROLE_CHANGED = verb(
    "person.role_changed", "people", "shield", _l("%(actor)s gave %(person)s the role “%(role)s”."), "person", "role"
)

ROLE_CREATED = verb("role.created", "settings", "shield", _l("%(actor)s created the role “%(role)s”."), "role")
ROLE_EDITED = verb(
    "role.edited", "settings", "shield", _l("%(actor)s changed what the role “%(role)s” allows."), "role"
)
ROLE_DELETED = verb("role.deleted", "settings", "shield", _l("%(actor)s deleted the role “%(role)s”."), "role")

EYE_OPENED = verb("eye.opened", "people", "eye", _l("%(actor)s looked at the space as %(person)s."), "person")
EYE_CLOSED = verb("eye.closed", "people", "eye-off", _l("%(actor)s stopped looking as %(person)s."), "person")

CLIENT_CREATED = verb("client.created", "client", "plus", _l("%(actor)s created the client “%(client)s”."), "client")
CLIENT_CHANGED = verb("client.changed", "client", "pencil", _l("%(actor)s changed %(fields)s."), "fields")
CLIENT_DISABLED = verb("client.disabled", "client", "eye-off", _l("%(actor)s disabled the client."))
CLIENT_ENABLED = verb("client.enabled", "client", "eye", _l("%(actor)s enabled the client again."))
CLIENT_BINNED = verb(
    "client.binned", "client", "trash", _l("%(actor)s moved the client “%(client)s” to the bin."), "client"
)
CLIENT_RESTORED = verb(
    "client.restored", "client", "restore", _l("%(actor)s restored the client “%(client)s”."), "client"
)
CLIENT_ERASED = verb(
    "client.erased", "client", "trash-x", _l("The client “%(client)s” was erased from the bin."), "client"
)

FORM_SENT = verb(
    "form.sent", "forms", "send", _l("%(actor)s sent the form “%(form)s” to %(person)s."), "form", "person"
)
FORM_ANSWERED = verb("form.answered", "forms", "forms", _l("%(actor)s answered the form “%(form)s”."), "form")

REQUEST_SENT = verb(
    "request.sent",
    "requests",
    "send",
    _l("%(actor)s asked for the documents of “%(request)s” in “%(name)s”."),
    "request",
    "count",
)
REQUEST_LINE_UPLOADED = verb(
    "request.line_uploaded",
    "requests",
    "upload",
    _l("%(actor)s handed in “%(name)s” as “%(line)s” of “%(request)s”."),
    "line",
    "request",
)
REQUEST_LINE_ACCEPTED = verb(
    "request.line_accepted",
    "requests",
    "circle-check",
    _l("%(actor)s accepted “%(line)s” of “%(request)s”."),
    "line",
    "request",
)
REQUEST_LINE_REFUSED = verb(
    "request.line_refused",
    "requests",
    "x",
    _l("%(actor)s refused “%(line)s” of “%(request)s”: %(reason)s"),
    "line",
    "request",
    "reason",
)
REQUEST_LINE_REMOVED = verb(
    "request.line_removed",
    "requests",
    "trash",
    _l("%(actor)s took “%(line)s” out of “%(request)s”."),
    "line",
    "request",
)
REQUEST_CLOSED = verb(
    "request.closed", "requests", "archive", _l("%(actor)s closed the request “%(request)s”."), "request"
)
REQUEST_REOPENED = verb(
    "request.reopened", "requests", "archive-off", _l("%(actor)s opened the request “%(request)s” again."), "request"
)

CONNECTOR_ADDED = verb(
    "connector.added", "connectors", "plug", _l("%(actor)s activated the connector “%(connector)s”."), "connector"
)
CONNECTOR_CHANGED = verb(
    "connector.changed", "connectors", "plug", _l("%(actor)s changed the connector “%(connector)s”."), "connector"
)
CONNECTOR_REMOVED = verb(
    "connector.removed", "connectors", "plug-off", _l("%(actor)s removed the connector “%(connector)s”."), "connector"
)

SIGNED_IN = verb("access.signed_in", "access", "login", _l("%(actor)s signed in."))
SIGNED_OUT = verb("access.signed_out", "access", "logout", _l("%(actor)s signed out."))
SIGN_IN_FAILED = verb(
    "access.sign_in_failed", "access", "alert-triangle", _l("A sign-in with the address %(email)s failed."), "email"
)
PASSWORD_RESET = verb("access.password_reset", "access", "key", _l("%(actor)s chose a new password."))
SESSION_ENDED = verb("access.session_ended", "access", "logout", _l("%(actor)s ended a session on another device."))

EXPORTED = verb(
    "export.made", "exports", "file-spreadsheet", _l("%(actor)s exported %(rows)s clients to Excel."), "rows"
)
SETTINGS_CHANGED = verb(
    "settings.changed", "settings", "settings", _l("%(actor)s changed the settings: %(fields)s."), "fields"
)
TEMPLATE_CHANGED = verb(
    "settings.template_changed",
    "settings",
    "template",
    _l("%(actor)s changed the template “%(template)s”."),
    "template",
)
SIGNED_OUT_BY = verb(
    "access.signed_out_by", "access", "logout", _l("%(actor)s signed %(person)s out everywhere."), "person"
)
