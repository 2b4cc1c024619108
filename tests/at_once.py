"""Several people at the same moment, with real commits: see the fixture ``real``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from portal.kit.db import db


def at_once(app: Flask, *works: Callable[[], object]) -> list[object]:
    """Do all at once, each in a connection of its own; returns results, or what was raised instead."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        with app.app_context():
            try:
                barrier.wait(20)
                return work()
            except Exception as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
