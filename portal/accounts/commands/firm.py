"""Set up the firm and its first administrator; change its settings."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from portal import activity, mailer
from portal.accounts import links, passwords
from portal.accounts.commands.collaborators import create_collaborator
from portal.accounts.commands.people import AddressTaken
from portal.accounts.models import Firm, Person, Role
from portal.accounts.queries import person_by_email
from portal.accounts.roles import PRESETS
from portal.accounts.terms import OWN, TERMS
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict, Refused
from portal.kit.i18n import LANGUAGES
from portal.kit.names import clean_name
from portal.kit.urls import canonical_url

_SETTINGS = (
    "name", "address", "language", "time_zone", "currency", "working_term", "own_term", "born_private",
    "versions_kept", "versions_days", "bin_days", "quota_bytes", "client_quota_bytes",
)  # fmt: skip


class AlreadySetUp(Refused):
    """There is one firm per installation."""

    sentence = _l("This installation is set up already. Sign in as its administrator.")
    status = 409


class NotSetUp(Refused):
    """Without a firm there is nobody to add people to."""

    sentence = _l("The firm is not set up yet. Use the set-up link that stands in the terminal.")
    status = 409


class TermMissing(Refused):
    """An own working term needs its words."""

    sentence = _l("Write the word in the singular and in the plural, in the firm's language at least.")
    field = "working_term"


@transactional
def ensure_roles() -> dict[str, Role]:
    """Create the preset roles that are missing; returns all of them by their key."""
    found = {role.preset: role for role in db.session.scalars(select(Role).where(Role.preset.is_not(None)))}
    for position, (key, features) in enumerate(PRESETS.items()):
        if key not in found:
            role = Role(preset=key, features=sorted(features), position=position)
            db.session.add(role)
            found[key] = role
    return {key: found[key] for key in PRESETS}


@transactional
def issue_setup_link() -> str | None:
    """A one-time address at which the firm is set up, for the terminal; None when that is done."""
    if db.session.scalars(select(Firm.id)).first() is not None:
        return None
    link = links.issue("setup", None)
    return canonical_url("accounts.set_up", token=links.token_of(link))


@transactional
def set_up_firm(
    token: str,
    *,
    firm_name: str,
    first_name: str,
    last_name: str,
    email: str,
    password: str,
    language: str = "fr",
    time_zone: str = "Europe/Paris",
    working_term: str = "clients",
) -> Person:
    """Create the firm, its roles and its first administrator, who may sign in at once.

    :raises portal.accounts.links.LinkDead: not the link that stands in the terminal.
    :raises AlreadySetUp: somebody was faster.
    """
    link = links.find("setup", token, lock=True)
    hashed = passwords.hash_password(
        passwords.check(password, about=[email, first_name, last_name, firm_name, "atrium"])
    )
    create_firm(name=firm_name, language=language, time_zone=time_zone, working_term=working_term)
    roles = ensure_roles()
    person = create_collaborator(
        email=email,
        first_name=first_name,
        last_name=last_name,
        language=language,
        role=roles["administrator"],
        actor=None,
    )
    person.password_hash, person.activated_at = hashed, now()
    link.used_at = now()
    return person


@transactional
def create_firm(
    *, name: str, language: str = "fr", time_zone: str = "Europe/Paris", working_term: str = "clients", **fields: Any
) -> Firm:
    """Create the firm's row.

    :raises AlreadySetUp: there is one.
    """
    # Two first starts at once wait for each other here; the row itself does not exist yet and cannot be locked.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('atrium.firm'))"))
    if db.session.scalars(select(Firm.id)).first() is not None:
        raise AlreadySetUp()
    made = Firm(
        name=clean_name(name, field="firm_name", path_safe=False),
        language=language if language in LANGUAGES else "fr",
        time_zone=time_zone,
        working_term=working_term if working_term in TERMS else "clients",
        **fields,
    )
    db.session.add(made)
    g.pop("firm", None)
    return made


@transactional
def create_administrator(*, email: str, first_name: str = "", last_name: str = "") -> str:
    """Add an administrator, or make an existing collaborator one; returns the address to choose a password at.

    For the command line: whoever may run it on the server may administer the firm.

    :raises NotSetUp: there is no firm yet.
    :raises AddressTaken: the address belongs to a contact.
    """
    if db.session.scalars(select(Firm.id)).first() is None:
        raise NotSetUp()
    role = ensure_roles()["administrator"]
    person = person_by_email(email)
    if person is None:
        person = create_collaborator(email=email, first_name=first_name, last_name=last_name, role=role, actor=None)
    elif person.kind != "collaborator":
        raise AddressTaken()
    person.role, person.disabled_at, person.disabled_by_id = role, None, None
    if person.activated_at is not None:
        return canonical_url("accounts.reset", token=links.token_of(links.issue("reset", person)))
    link = links.issue("activation", person)
    person.invited_at = now()
    mailer.send("activation", to=person, link_id=link.id)
    return canonical_url("accounts.activation", token=links.token_of(link))


@transactional
def update_firm(*, actor: Any, version: int, **fields: Any) -> Firm:
    """Change the firm's settings.

    :param version: the version that the page had read.
    :param fields: any of name, address, language, time_zone, currency, working_term, own_term, born_private; and of
        versions_kept, versions_days, bin_days, quota_bytes, client_quota_bytes (:mod:`portal.files.commands.settings`).
    :raises portal.kit.errors.Conflict: somebody saved in between.
    """
    if unknown := set(fields) - set(_SETTINGS):
        raise TypeError(f"no settings of a firm: {', '.join(sorted(unknown))}")
    found = db.session.scalars(select(Firm).with_for_update().execution_options(populate_existing=True)).one()
    if version != found.version:
        raise Conflict()
    if "name" in fields:
        fields["name"] = clean_name(fields["name"], path_safe=False)
    _check_term(fields, found)
    changed = [name for name, value in fields.items() if getattr(found, name) != value]
    for name in changed:
        setattr(found, name, fields[name])
    if changed:
        found.version += 1
        activity.record(activity.verbs.SETTINGS_CHANGED, actor=actor, fields=", ".join(changed))
    g.pop("firm", None)
    return found


def _check_term(fields: dict[str, Any], found: Firm) -> None:
    key = fields.get("working_term", found.working_term)
    if key not in TERMS and key != OWN:
        raise TermMissing()
    own = fields.get("own_term", found.own_term) or {}
    if key == OWN and not all(own.get(fields.get("language", found.language), ["", ""])[:2]):
        raise TermMissing()
