"""Figures that tests measure, shown as a table when the run ends and kept in ``var/figures.json``."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest

_FOLDER = "ATRIUM_FIGURES"


def record_figure(name: str, value: float | str, goal: str = "", ok: bool = True) -> None:
    """Keep a figure of this run: what was measured, its value, the goal in words and whether it was reached.

    Several values of one name are allowed; whole numbers of one name are added up in the table.
    """
    folder = os.environ.get(_FOLDER)
    if folder is None:
        return
    line = json.dumps({"name": name, "value": value, "goal": goal, "ok": ok})
    # One file per process, so that lines of two workers never mix.
    with (Path(folder) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as figures:
        figures.write(line + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder in the process that hands out the work; its workers inherit the environment."""
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.gettempdir()) / f"atrium-figures-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        os.environ[_FOLDER] = str(folder)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table and write the file."""
    folder = os.environ.get(_FOLDER)
    if folder is None or hasattr(config, "workerinput"):
        return
    figures = _added_up(_read(Path(folder)))
    if not figures:
        return
    terminalreporter.section("figures")
    width = max(len(figure["name"]) for figure in figures)
    for figure in figures:
        mark = "ok" if figure["ok"] else "MISSED"
        terminalreporter.write_line(f"{figure['name']:<{width}}  {figure['value']!s:>12}  {figure['goal']:<24}  {mark}")
    kept = Path(str(config.rootpath)) / "var"
    kept.mkdir(exist_ok=True)
    (kept / "figures.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False), encoding="utf-8")


def _read(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def _added_up(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for figure in figures:
        known = found.get(figure["name"])
        if known is None:
            found[figure["name"]] = dict(figure)
        elif isinstance(known["value"], int) and isinstance(figure["value"], int):
            known["value"] += figure["value"]
            known["ok"] = known["ok"] and figure["ok"]
        else:
            found[f"{figure['name']} ({len(found)})"] = dict(figure)
    return sorted(found.values(), key=lambda figure: str(figure["name"]))
