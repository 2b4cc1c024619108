"""Time our operations against the cheapest thing that could do the same job: ``python -m bench [names] [--json]``.

Each operation and its floor run alternately in one process on one machine, so that the ratio stays true on a slow or
busy one. Exit status 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from bench.operations import OPERATIONS as _FIRST
from bench.operations import Operation
from bench.room import OPERATIONS as _ROOM
from bench.search import OPERATIONS as _SEARCH
from bench.site import Site, open_site
from bench.transfer import OPERATIONS as _TRANSFER

OPERATIONS = {**_FIRST, **_ROOM, **_SEARCH, **_TRANSFER}


def main() -> int:
    """Run what was asked for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(OPERATIONS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="one line of JSON per operation")
    parser.add_argument("--clients", type=int, default=100_000, help="clients in the Excel export")
    parser.add_argument("--files", type=int, default=1_000_000, help="files in the search")
    parser.add_argument("--megabytes", type=int, default=1024, help="MiB of the one large upload and download")
    options = parser.parse_args()
    unknown = set(options.names) - set(OPERATIONS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    with ExitStack() as stack:
        site = stack.enter_context(open_site(clients=options.clients))
        site.notes |= {"files": options.files, "megabytes": options.megabytes}
        chosen = [OPERATIONS[name] for name in options.names or OPERATIONS]
        if not options.json:
            print(f"{'operation':<34}{'ours':>12}{'floor':>12}{'ratio':>9}  goal")
        # Every one runs, also after one that missed its goal.
        reached = [_run(operation, site, as_json=options.json) for operation in chosen]
    return 0 if all(reached) else 1


def _run(operation: Operation, site: Site, *, as_json: bool) -> bool:
    ours, floor = operation.prepare(site)
    # As a server after its start: what was made until now is not looked at again in the middle of what is timed.
    gc.collect()
    gc.freeze()
    mine, theirs = [], []
    for turn in range(operation.rounds + operation.warm_up):
        taken = _seconds(ours), _seconds(floor)
        if turn >= operation.warm_up:
            mine.append(taken[0])
            theirs.append(taken[1])
    our, their = statistics.median(mine), statistics.median(theirs)
    ratio = their / our if operation.faster else our / their
    ok = ratio >= operation.goal if operation.faster else ratio <= operation.goal
    note = operation.note(site) if operation.note else {}
    ok = ok and bool(note.get("ok", True))
    goal = f"{'>=' if operation.faster else '<='} {operation.goal:g} x"
    if as_json:
        line = {"name": operation.name, "ours": our, "floor": their, "ratio": round(ratio, 3), "goal": goal, "ok": ok}
        print(json.dumps({**line, **{key: value for key, value in note.items() if key != "ok"}}), flush=True)
    else:
        extra = "".join(f"; {key} {value}" for key, value in note.items() if key != "ok")
        print(
            f"{operation.name:<34}{_shown(our):>12}{_shown(their):>12}{ratio:>8.2f}x  {goal}"
            f" {'ok' if ok else 'MISSED'}{extra}",
            flush=True,
        )
    return ok


def _seconds(action: Callable[[], object]) -> float:
    """How long the action takes; what it needs done ``before`` and ``after`` does not count."""
    if (before := getattr(action, "before", None)) is not None:
        before()
    begun = time.perf_counter()
    action()
    taken = time.perf_counter() - begun
    if (after := getattr(action, "after", None)) is not None:
        after()
    return taken


def _shown(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.2f} ms" if seconds >= 0.001 else f"{seconds * 1e6:.0f} us"


if __name__ == "__main__":
    sys.exit(main())
