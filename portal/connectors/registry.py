"""Which connectors exist: every folder of this package, and every package that offers the entry point."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec

import structlog
from sqlalchemy import select

import portal.connectors as package
from portal.connectors.base import Connector
from portal.connectors.models import FirmConnector
from portal.kit.db import db

ENTRY_POINTS = "atrium.connectors"

log = structlog.get_logger(__name__)


@cache
def connectors() -> dict[str, Connector]:
    """All connectors by key, in the order of their keys."""
    found: dict[str, Connector] = {}
    for kind in [*_own(), *_foreign()]:
        found.setdefault(kind.key, kind())
    return dict(sorted(found.items()))


def _own() -> Iterator[type[Connector]]:
    for module in pkgutil.iter_modules(package.__path__):
        # The package's own folders (its pages) are no connectors: they have no such module.
        if module.ispkg and find_spec(f"{package.__name__}.{module.name}.connector"):
            yield _class_of(import_module(f"{package.__name__}.{module.name}.connector"))


def _foreign() -> Iterator[type[Connector]]:
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            kind = entry.load()
            if not issubclass(kind, Connector):
                raise TypeError(f"{entry.value} is no connector")
        except Exception as error:
            log.error("connectors.not_loaded", entry_point=entry.value, error=repr(error))
            continue
        yield kind


def _class_of(module: object) -> type[Connector]:
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Connector) and kind is not Connector
    ]
    if len(kinds) != 1:
        raise RuntimeError(f"{module!r} must hold exactly one connector class")
    return kinds[0]


def connector(key: str) -> Connector | None:
    """The connector with this key; None when it is not installed (any more)."""
    return connectors().get(key)


def available() -> list[Connector]:
    """The connectors that the firm has switched on: what a client can get."""
    active = set(db.session.scalars(select(FirmConnector.key).where(FirmConnector.active)))
    return [found for key, found in connectors().items() if key in active]
