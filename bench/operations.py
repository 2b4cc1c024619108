"""What is measured, each with its floor and its goal (the figures of the performance page)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import cheap, heavy, rights
from bench.site import Site

Pair = tuple[Callable[[], object], Callable[[], object]]


@dataclass(frozen=True)
class Operation:
    """``prepare`` gives our action and the floor's. ``faster``: the goal is how many times as fast as the floor."""

    name: str
    prepare: Callable[[Site], Pair]
    goal: float
    rounds: int
    warm_up: int = 1
    faster: bool = False
    note: Callable[[Site], dict[str, Any]] | None = None


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("permission-check", cheap.permission_check, 1.6, rounds=40, warm_up=5),
        Operation("presign", cheap.presign, 20.0, rounds=20, warm_up=3, faster=True),
        Operation("permission-check-http", rights.check_through_http, 2.5, rounds=20, warm_up=3),
        Operation("page-100-http", rights.page_through_http, 3.0, rounds=20, warm_up=3),
        Operation("set-20000", rights.set_on_twenty_thousand, 1.5, rounds=5),
        Operation("cascade-20000", rights.cascade_on_twenty_thousand, 1.5, rounds=5),
        Operation("list-10000", rights.list_ten_thousand, 2.0, rounds=5),
        Operation("record-activity", cheap.record_activity, 2.0, rounds=40, warm_up=5),
        Operation("list-1000", cheap.list_a_thousand, 2.0, rounds=10, warm_up=2),
        Operation("provision-200x10", heavy.provision, 3.0, rounds=5),
        Operation("uploads-1000", heavy.uploads, 0.95, rounds=9, warm_up=2, faster=True),
        Operation("excel-100k", heavy.excel, 7.0, rounds=2, warm_up=0, faster=True, note=heavy.excel_memory),
    )
}
