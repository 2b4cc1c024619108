"""Everything that can happen, each with what it must say and one translatable sentence.

Sentences may use ``%(actor)s``, ``%(name)s`` (the file or folder), ``%(folder)s`` (where) and the keys of ``details``.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Verb:
    """A kind of activity: ``needs`` are the ``details`` that a line must carry, ``group`` the filter it belongs to."""

    key: str
    group: str
    icon: str
    sentence: LazyString
    needs: tuple[str, ...] = ()


VERBS: dict[str, Verb] = {}

GROUPS: dict[str, LazyString] = {
    "files": _l("Files"),
    "folders": _l("Folders"),
    "rights": _l("Rights"),
    "people": _l("People"),
    "client": _l("Client file"),
    "forms": _l("Forms"),
    "requests": _l("Document requests"),
    "connectors": _l("Connectors"),
    "access": _l("Sign-ins"),
    "exports": _l("Exports"),
    "settings": _l("Settings"),
}


def _verb(key: str, group: str, icon: str, sentence: LazyString, *needs: str) -> Verb:
    VERBS[key] = Verb(key, group, icon, sentence, needs)
    return VERBS[key]


FILE_UPLOADED = _verb(
    "file.uploaded", "files", "upload", _l("%(actor)s uploaded “%(name)s” into “%(folder)s”."), "folder"
)
FILE_VERSION_ADDED = _verb(
    "file.version_added", "files", "upload", _l("%(actor)s uploaded a new version of “%(name)s”."), "folder"
)
FILE_DOWNLOADED = _verb("file.downloaded", "files", "download", _l("%(actor)s downloaded “%(name)s”."), "folder")
FILE_OPENED = _verb("file.opened", "files", "eye", _l("%(actor)s opened “%(name)s”."), "folder")
FILE_ARCHIVED = _verb(
    "file.archived",
    "files",
    "file-zip",
    # The archive's own name may be that of a folder which the reader does not see.
    _l("%(actor)s downloaded “%(name)s” in an archive."),
    "folder",
)
FILE_RENAMED = _verb("file.renamed", "files", "pencil", _l("%(actor)s renamed “%(before)s” to “%(name)s”."), "before")
FILE_MOVED = _verb(
    "file.moved",
    "files",
    "arrow-right",
    _l("%(actor)s moved “%(name)s” from “%(before)s” to “%(folder)s”."),
    "before",
    "folder",
)
FILE_COPIED = _verb(
    "file.copied",
    "files",
    "copy",
    _l("%(actor)s copied “%(name)s” from “%(before)s” to “%(folder)s”."),
    "before",
    "folder",
)
FILE_VERSION_RESTORED = _verb(
    "file.version_restored",
    "files",
    "history",
    _l("%(actor)s made version %(version)s of “%(name)s” the newest again."),
    "version",
    "folder",
)
FILE_BINNED = _verb("file.binned", "files", "trash", _l("%(actor)s moved “%(name)s” to the bin."), "folder")
FILE_RESTORED = _verb("file.restored", "files", "restore", _l("%(actor)s restored “%(name)s” from the bin."), "folder")
FILE_ERASED = _verb("file.erased", "files", "trash-x", _l("%(actor)s deleted “%(name)s” for ever."), "folder")
FILE_VERSION_DOWNLOADED = _verb(
    "file.version_downloaded",
    "files",
    "download",
    _l("%(actor)s downloaded version %(version)s of “%(name)s”."),
    "version",
    "folder",
)
FILE_VERSION_DELETED = _verb(
    "file.version_deleted",
    "files",
    "trash-x",
    _l("%(actor)s deleted version %(version)s of “%(name)s” for ever."),
    "version",
    "folder",
)
# One line for a client and a run of the clean-up, however many versions: ``bytes`` are those of the versions together.
VERSIONS_EXPIRED = _verb(
    "files.versions_expired",
    "client",
    "history-off",
    _l("Earlier versions whose time has run out were deleted: %(count)s."),
    "count",
    "bytes",
)
FILE_REFUSED = _verb(
    "file.refused", "files", "alert-triangle", _l("The upload of “%(name)s” was refused: %(reason)s"), "reason"
)

FILE_INFECTED = _verb(
    "file.infected",
    "files",
    "alert-triangle",
    _l("A virus was found in “%(name)s” (%(signature)s): it is kept away."),
    "folder",
    "signature",
)
FILE_RELEASED = _verb(
    "file.released",
    "files",
    "lock-open",
    _l("%(actor)s released “%(name)s” from the quarantine: %(reason)s"),
    "folder",
    "reason",
)
FILE_QUARANTINE_ERASED = _verb(
    "file.quarantine_erased",
    "files",
    "trash-x",
    _l("%(actor)s deleted “%(name)s” from the quarantine for good."),
    "folder",
)

FOLDER_CREATED = _verb("folder.created", "folders", "folder-plus", _l("%(actor)s created the folder “%(name)s”."))
FOLDER_RENAMED = _verb(
    "folder.renamed", "folders", "pencil", _l("%(actor)s renamed the folder “%(before)s” to “%(name)s”."), "before"
)
FOLDER_MOVED = _verb(
    "folder.moved",
    "folders",
    "arrow-right",
    _l("%(actor)s moved the folder “%(name)s” from “%(before)s” to “%(target)s”."),
    "before",
    "target",
)
FOLDER_COPIED = _verb(
    "folder.copied",
    "folders",
    "copy",
    _l("%(actor)s copied the folder “%(before)s” to “%(target)s”."),
    "before",
    "target",
)
FOLDER_ORDERED = _verb(
    "folder.ordered", "folders", "arrows-sort", _l("%(actor)s changed the order of what is in “%(name)s”.")
)
FOLDER_BINNED = _verb("folder.binned", "folders", "trash", _l("%(actor)s moved the folder “%(name)s” to the bin."))
FOLDER_RESTORED = _verb(
    "folder.restored", "folders", "restore", _l("%(actor)s restored the folder “%(name)s” from the bin.")
)
FOLDER_ERASED = _verb("folder.erased", "folders", "trash-x", _l("%(actor)s deleted the folder “%(name)s” for ever."))

TREE_APPLIED = _verb("folder.tree_applied", "folders", "template", _l("%(actor)s set up %(count)s folders."), "count")

TEMPLATE_APPLIED = _verb(
    "folder.template_applied",
    "folders",
    "template",
    _l("%(actor)s applied the folder-tree template “%(template)s”; folders made: %(count)s."),
    "template",
    "count",
)

LEVEL_SET = _verb(
    "rights.set",
    "rights",
    "lock",
    _l("%(actor)s set the level of %(person)s on “%(name)s” to “%(level)s”."),
    "person",
    "level",
)
LEVEL_CASCADED = _verb(
    "rights.cascaded",
    "rights",
    "lock",
    _l("%(actor)s cascaded the level of %(person)s from “%(name)s” to its sub-folders."),
    "person",
)
RIGHTS_COPIED = _verb(
    "rights.copied",
    "rights",
    "copy",
    _l("%(actor)s gave %(person)s the same rights as %(source)s."),
    "person",
    "source",
)
RIGHTS_DEFAULTED = _verb(
    "rights.defaulted",
    "rights",
    "template",
    _l("%(actor)s gave %(person)s the rights of the template again."),
    "person",
)
RIGHTS_FOLLOWED = _verb(
    "rights.followed",
    "rights",
    "lock-open",
    _l("%(actor)s let “%(name)s” follow the folder above for %(person)s."),
    "person",
)
RIGHTS_UNDONE = _verb(
    "rights.undone", "rights", "arrow-back-up", _l("%(actor)s undid a change of the rights of %(people)s."), "people"
)
STANDING_SET = _verb(
    "rights.standing_set",
    "rights",
    "users",
    _l("%(actor)s gave %(person)s the level “%(level)s” on the client."),
    "person",
    "level",
)

# Access that ends by itself; ``until`` is the last day (ISO 8601).
ACCESS_LIMITED = _verb(
    "access.limited",
    "rights",
    "calendar",
    _l("%(actor)s limited the access of %(person)s to the client until %(until)s."),
    "person",
    "until",
)
ACCESS_RENEWED = _verb(
    "access.renewed",
    "rights",
    "refresh",
    _l("%(actor)s renewed the access of %(person)s to the client until %(until)s."),
    "person",
    "until",
)
ACCESS_UNLIMITED = _verb(
    "access.unlimited",
    "rights",
    "calendar",
    _l("%(actor)s lifted the time limit on the access of %(person)s to the client."),
    "person",
)
LEVEL_RENEWED = _verb(
    "rights.renewed",
    "rights",
    "refresh",
    _l("%(actor)s renewed the level of %(person)s on “%(name)s” until %(until)s."),
    "person",
    "until",
)
FILE_LIMITED = _verb(
    "file.limited", "rights", "calendar", _l("%(actor)s made “%(name)s” available until %(until)s."), "folder", "until"
)
FILE_RENEWED = _verb(
    "file.renewed",
    "rights",
    "refresh",
    _l("%(actor)s made “%(name)s” available longer, until %(until)s."),
    "folder",
    "until",
)
FILE_UNLIMITED = _verb(
    "file.unlimited",
    "rights",
    "calendar",
    _l("%(actor)s lifted the time limit on “%(name)s”."),
    "folder",
)

CONTACT_ADDED = _verb("contact.added", "people", "user-plus", _l("%(actor)s added the contact %(person)s."), "person")
CONTACT_REMOVED = _verb(
    "contact.removed", "people", "user-minus", _l("%(actor)s removed the contact %(person)s."), "person"
)
CONTACT_CHANGED = _verb(
    "contact.changed", "people", "pencil", _l("%(actor)s changed the details of %(person)s."), "person"
)
INVITED = _verb("person.invited", "people", "mail", _l("%(actor)s sent an activation mail to %(person)s."), "person")
ACTIVATED = _verb("person.activated", "people", "circle-check", _l("%(actor)s activated their account."))
PERSON_DISABLED = _verb(
    "person.disabled", "people", "user-off", _l("%(actor)s disabled the account of %(person)s."), "person"
)
PERSON_ENABLED = _verb(
    "person.enabled", "people", "user-check", _l("%(actor)s enabled the account of %(person)s."), "person"
)
COLLABORATOR_ADDED = _verb(
    "collaborator.added", "people", "user-plus", _l("%(actor)s added the collaborator %(person)s."), "person"
)
ROLE_CHANGED = _verb(
    "person.role_changed", "people", "shield", _l("%(actor)s gave %(person)s the role “%(role)s”."), "person", "role"
)

ROLE_CREATED = _verb("role.created", "settings", "shield", _l("%(actor)s created the role “%(role)s”."), "role")
ROLE_EDITED = _verb(
    "role.edited", "settings", "shield", _l("%(actor)s changed what the role “%(role)s” allows."), "role"
)
ROLE_DELETED = _verb("role.deleted", "settings", "shield", _l("%(actor)s deleted the role “%(role)s”."), "role")

EYE_OPENED = _verb("eye.opened", "people", "eye", _l("%(actor)s looked at the space as %(person)s."), "person")
EYE_CLOSED = _verb("eye.closed", "people", "eye-off", _l("%(actor)s stopped looking as %(person)s."), "person")

CLIENT_CREATED = _verb("client.created", "client", "plus", _l("%(actor)s created the client “%(client)s”."), "client")
CLIENT_CHANGED = _verb("client.changed", "client", "pencil", _l("%(actor)s changed %(fields)s."), "fields")
CLIENT_DISABLED = _verb("client.disabled", "client", "eye-off", _l("%(actor)s disabled the client."))
CLIENT_ENABLED = _verb("client.enabled", "client", "eye", _l("%(actor)s enabled the client again."))
CLIENT_BINNED = _verb(
    "client.binned", "client", "trash", _l("%(actor)s moved the client “%(client)s” to the bin."), "client"
)
CLIENT_RESTORED = _verb(
    "client.restored", "client", "restore", _l("%(actor)s restored the client “%(client)s”."), "client"
)
CLIENT_ERASED = _verb(
    "client.erased", "client", "trash-x", _l("The client “%(client)s” was erased from the bin."), "client"
)

FORM_SENT = _verb(
    "form.sent", "forms", "send", _l("%(actor)s sent the form “%(form)s” to %(person)s."), "form", "person"
)
FORM_ANSWERED = _verb("form.answered", "forms", "forms", _l("%(actor)s answered the form “%(form)s”."), "form")

REQUEST_SENT = _verb(
    "request.sent",
    "requests",
    "send",
    _l("%(actor)s asked for the documents of “%(request)s” in “%(name)s”."),
    "request",
    "count",
)
REQUEST_LINE_UPLOADED = _verb(
    "request.line_uploaded",
    "requests",
    "upload",
    _l("%(actor)s handed in “%(name)s” as “%(line)s” of “%(request)s”."),
    "line",
    "request",
)
REQUEST_LINE_ACCEPTED = _verb(
    "request.line_accepted",
    "requests",
    "circle-check",
    _l("%(actor)s accepted “%(line)s” of “%(request)s”."),
    "line",
    "request",
)
REQUEST_LINE_REFUSED = _verb(
    "request.line_refused",
    "requests",
    "x",
    _l("%(actor)s refused “%(line)s” of “%(request)s”: %(reason)s"),
    "line",
    "request",
    "reason",
)
REQUEST_LINE_REMOVED = _verb(
    "request.line_removed",
    "requests",
    "trash",
    _l("%(actor)s took “%(line)s” out of “%(request)s”."),
    "line",
    "request",
)
REQUEST_CLOSED = _verb(
    "request.closed", "requests", "archive", _l("%(actor)s closed the request “%(request)s”."), "request"
)
REQUEST_REOPENED = _verb(
    "request.reopened", "requests", "archive-off", _l("%(actor)s opened the request “%(request)s” again."), "request"
)

CONNECTOR_ADDED = _verb(
    "connector.added", "connectors", "plug", _l("%(actor)s activated the connector “%(connector)s”."), "connector"
)
CONNECTOR_CHANGED = _verb(
    "connector.changed", "connectors", "plug", _l("%(actor)s changed the connector “%(connector)s”."), "connector"
)
CONNECTOR_REMOVED = _verb(
    "connector.removed", "connectors", "plug-off", _l("%(actor)s removed the connector “%(connector)s”."), "connector"
)

SIGNED_IN = _verb("access.signed_in", "access", "login", _l("%(actor)s signed in."))
SIGNED_OUT = _verb("access.signed_out", "access", "logout", _l("%(actor)s signed out."))
SIGN_IN_FAILED = _verb(
    "access.sign_in_failed", "access", "alert-triangle", _l("A sign-in with the address %(email)s failed."), "email"
)
PASSWORD_RESET = _verb("access.password_reset", "access", "key", _l("%(actor)s chose a new password."))
SESSION_ENDED = _verb("access.session_ended", "access", "logout", _l("%(actor)s ended a session on another device."))

EXPORTED = _verb(
    "export.made", "exports", "file-spreadsheet", _l("%(actor)s exported %(rows)s clients to Excel."), "rows"
)
SETTINGS_CHANGED = _verb(
    "settings.changed", "settings", "settings", _l("%(actor)s changed the settings: %(fields)s."), "fields"
)
TEMPLATE_CHANGED = _verb(
    "settings.template_changed",
    "settings",
    "template",
    _l("%(actor)s changed the template “%(template)s”."),
    "template",
)
SIGNED_OUT_BY = _verb(
    "access.signed_out_by", "access", "logout", _l("%(actor)s signed %(person)s out everywhere."), "person"
)
