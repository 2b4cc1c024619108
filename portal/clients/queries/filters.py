"""What the client table is narrowed to; the same words stand in the address of the page and in an export."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.clients.fields import STATUSES

SEARCH_LENGTH = 200
# Between two attribute filters; a comma may stand in a value.
PAIRS = "~"


def _several(value: Any, separator: str = ",") -> list[str]:
    """The parts of one argument; several are one text with separators, so that every argument stands once."""
    if value is None:
        return []
    given = (
        [str(part) for part in value] if isinstance(value, Sequence) and not isinstance(value, str) else [str(value)]
    )
    return [part for text in given for part in text.split(separator) if part]


def _first(value: Any) -> str:
    return str(value[0] if value else "") if isinstance(value, list | tuple) else str(value or "")


def _ids(value: Any) -> tuple[uuid.UUID, ...]:
    found = []
    for part in _several(value):
        try:
            found.append(uuid.UUID(part))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Filters:
    """Filters of the client table. Malformed ones are left out rather than refused: they come from links."""

    q: str = ""
    groups: tuple[uuid.UUID, ...] = ()
    types: tuple[uuid.UUID, ...] = ()
    statuses: tuple[str, ...] = ()
    collaborators: tuple[uuid.UUID, ...] = ()
    # (attribute id, canonical value)
    attributes: tuple[tuple[uuid.UUID, str], ...] = ()
    disabled: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Filters:
        """Out of query arguments: ``q, group, type, status, collaborator, field (id:value), disabled``.

        Several groups, types, statuses and collaborators are separated by commas, several fields by ``~``.

        :param given: values are texts or lists of texts.
        """
        text = _first(given.get("q")).replace("\x00", "")[:SEARCH_LENGTH].strip()
        pairs = []
        for pair in _several(given.get("field"), PAIRS):
            ident, _colon, value = pair.partition(":")
            if value and "\x00" not in value and (known := _ids(ident)):
                pairs.append((known[0], value))
        return cls(
            q=text,
            groups=_ids(given.get("group")),
            types=_ids(given.get("type")),
            statuses=tuple(status for status in _several(given.get("status")) if status in STATUSES),
            collaborators=_ids(given.get("collaborator")),
            attributes=tuple(pairs),
            disabled=_first(given.get("disabled")) == "1",
        )

    def arguments(self) -> dict[str, str]:
        """The query arguments that give these filters; empty ones are left out."""
        every = {
            "q": self.q,
            "group": ",".join(map(str, self.groups)),
            "type": ",".join(map(str, self.types)),
            "status": ",".join(self.statuses),
            "collaborator": ",".join(map(str, self.collaborators)),
            "field": PAIRS.join(f"{ident}:{value}" for ident, value in self.attributes),
            "disabled": "1" if self.disabled else "",
        }
        return {key: value for key, value in every.items() if value}

    @property
    def are_set(self) -> bool:
        """Is anything narrowed at all? The switch "show disabled" widens, and does not count."""
        return bool(set(self.arguments()) - {"disabled"})
