"""The virus check: whether there is one, what a held back content means, and what of it whom is shown.

Every new content begins *waiting* where ``CLAMD_URL`` is set. While it waits, and for ever when it is infected, nobody
can open it: not download, look at, pack, copy or find it by its words. A file goes on with its latest clean content, so
that a bad new version takes nothing away.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.files.models import File, FileVersion
from portal.kit.antivirus import Scanner, ScannerAway, describe
from portal.kit.db import db
from portal.kit.errors import Forbidden

WAITING, INFECTED = "waiting", "infected"
# What stands in ``signature`` of a content that waits because the scanner does not take it: its own word for the limit.
TOO_LARGE = "StreamMaxLength"
# How the scanner begins the names of what it did not look into; that is no virus.
_NOT_LOOKED_INTO = "Heuristics.Limits.Exceeded"


class BeingChecked(Forbidden):
    """Nobody opens what was not checked yet."""

    sentence = _l("“%(name)s” is still being checked for viruses. It opens as soon as it is found clean.")


class KeptAway(Forbidden):
    """Nobody opens what is infected."""

    sentence = _l("A virus was found in “%(name)s”. It is kept away, and an administrator decides what becomes of it.")


def scanner_url() -> str | None:
    """Where the scanner is; None where this installation has none."""
    url: str | None = current_app.config["SETTINGS"].clamd_url
    return url


def first_state() -> str:
    """In which state a content begins: waiting where there is a scanner, else free."""
    return WAITING if scanner_url() else ""


def was_not_looked_into(signature: str) -> bool:
    """Does the scanner only say that something was beyond its limits?"""
    return signature == TOO_LARGE or signature.startswith(_NOT_LOOKED_INTO)


@dataclass(frozen=True)
class ScannerNow:
    """How the scanner does at this moment; ``away`` says why it does not answer."""

    scanner: Scanner | None = None
    away: str = ""


def scanner_now() -> ScannerNow | None:
    """Ask the scanner how it does; None where this installation has none."""
    url = scanner_url()
    if url is None:
        return None
    try:
        return ScannerNow(describe(url))
    except ScannerAway as away:
        return ScannerNow(away=str(away))


def refuse_held_back(state: str, *, name: str) -> None:
    """The door that every way to a content goes through.

    :param state: ``quarantine`` of the file, or of one of its versions.
    :raises BeingChecked: it waits for its check.
    :raises KeptAway: it is infected.
    """
    if state == WAITING:
        raise BeingChecked(name=name)
    if state:
        raise KeptAway(name=name)


def checks_of_files(files: Sequence[Any]) -> dict[uuid.UUID, str]:
    """For the files of a list that are held back, or have a newer content that waits: "waiting", "infected" or "newer".

    One statement. An infected newer content is not spoken of: the file itself is as it was.

    :param files: anything with ``id`` and, if a list has them, ``quarantine`` and so on; the ids are what is asked by.
    """
    ids = [file.id for file in files]
    if not ids:
        return {}
    held = (
        select(FileVersion.file_id, File.quarantine, func.bool_or(FileVersion.quarantine == WAITING))
        .join(File, File.id == FileVersion.file_id)
        .where(FileVersion.quarantine != "", FileVersion.file_id.in_(ids))
        .group_by(FileVersion.file_id, File.quarantine)
    )
    found: dict[uuid.UUID, str] = {}
    for file_id, own, is_newer_waiting in db.session.execute(held):
        if own == WAITING or (own and is_newer_waiting):
            found[file_id] = WAITING
        elif own:
            found[file_id] = INFECTED
        elif is_newer_waiting:
            found[file_id] = "newer"
    return found
