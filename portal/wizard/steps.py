"""The six steps, and what each of them saves in a draft.

``draft.data`` is JSON: ``information`` {name, group_id, type_id, language, confirmed, attributes: [line]}, ``contacts``
[line], ``collaborators`` {person id: level key}, ``tree`` {template_id}, ``connectors`` {key: encrypted settings},
``forms`` {template_ids, contacts: [e-mail], due_on, request_id, request_node}.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused
from portal.wizard.models import Draft


@dataclass(frozen=True)
class Step:
    """One page of the wizard."""

    key: str
    label: LazyString


STEPS: tuple[Step, ...] = (
    Step("information", _l("Information")),
    Step("contacts", _l("Contacts")),
    Step("collaborators", _l("Collaborators")),
    Step("tree", _l("Folder tree")),
    Step("connectors", _l("Connectors")),
    Step("forms", _l("Forms")),
)
KEYS = tuple(step.key for step in STEPS)
SUMMARY = "summary"


class StepRefused(Refused):
    """A step holds something that cannot be provisioned. ``step`` is where it is mended."""

    def __init__(self, step: str, refusal: Refused | LazyString | str, *, field: str | None = None) -> None:
        self.step = step
        sentence = str(refusal) if isinstance(refusal, Refused) else refusal
        super().__init__(sentence, field=field or getattr(refusal, "field", None))

    def __str__(self) -> str:
        return str(self.sentence)


def following(step: str) -> str:
    """The step after this one; after the last comes the summary."""
    position = KEYS.index(step)
    return KEYS[position + 1] if position + 1 < len(KEYS) else SUMMARY


def preceding(step: str) -> str | None:
    """The step before this one, or None at the first."""
    if step == SUMMARY:
        return KEYS[-1]
    position = KEYS.index(step)
    return KEYS[position - 1] if position else None


@dataclass
class AttributeLine:
    """An attribute that the client gets: an existing definition (``id``) or one typed on the spot."""

    key: str
    label: str
    type: str
    id: str | None = None
    required: bool = False
    raw: Any = ""


@dataclass
class ContactLine:
    """A contact that the client gets: an existing person (``person_id``) or a new one."""

    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    language: str = "fr"
    invite: bool = True
    is_main: bool = False
    person_id: str | None = None


@dataclass
class Information:
    """What the first step saved."""

    name: str = ""
    group_id: str | None = None
    type_id: str | None = None
    language: str = "fr"
    confirmed: bool = False
    attributes: list[AttributeLine] = field(default_factory=list)


def information_of(draft: Draft | None, *, language: str = "fr") -> Information:
    """The first step as it was saved."""
    data: dict[str, Any] = dict(draft.data.get("information", {})) if draft is not None else {"language": language}
    lines = [AttributeLine(**line) for line in data.pop("attributes", [])]
    return Information(**data, attributes=lines)


def contacts_of(draft: Draft) -> list[ContactLine]:
    """The second step as it was saved."""
    return [ContactLine(**line) for line in draft.data.get("contacts", [])]


def levels_of(draft: Draft) -> dict[str, str]:
    """The third step as it was saved: level keys by person id."""
    return dict(draft.data.get("collaborators", {}))


def tree_of(draft: Draft) -> str | None:
    """The id of the chosen folder-tree template; None starts empty."""
    found: str | None = draft.data.get("tree", {}).get("template_id")
    return found


def forms_of(draft: Draft) -> dict[str, Any]:
    """The sixth step as it was saved: ``template_ids``, ``contacts`` (e-mails), ``due_on``, and for documents
    ``request_id`` (a request template) with ``request_node`` (a folder of the tree)."""
    empty: dict[str, Any] = {
        "template_ids": [],
        "contacts": [],
        "due_on": None,
        "request_id": None,
        "request_node": None,
    }
    return {**empty, **draft.data.get("forms", {})}
