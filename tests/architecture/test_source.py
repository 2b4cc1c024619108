"""Rules of the house that can be read off the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from portal.kit import catalogues
from portal.outbox.registry import TASKS

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "portal"
TEMPLATES = ROOT / "templates"


@cache
def _sources() -> list[tuple[Path, ast.Module, str]]:
    texts = [(path, path.read_text("utf-8")) for path in sorted(PORTAL.rglob("*.py"))]
    return [(path, ast.parse(text), text) for path, text in texts]


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called == name:
                yield node


def test_only_the_transaction_wrapper_commits() -> None:
    """Rule 1: ``commit`` stands in kit/db.py and nowhere else (engines and benches speak to other databases)."""
    guilty = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, tree, _text in _sources()
        for call in _calls(tree, "commit")
        if path != PORTAL / "kit" / "db.py" and "engines" not in path.parts
    ]
    assert guilty == []


def test_every_flush_says_why() -> None:
    """A flush outside of the commit needs a reason on its line or on the line above."""
    guilty = []
    for path, tree, text in _sources():
        lines = text.splitlines()
        for call in _calls(tree, "flush"):
            if isinstance(call.func, ast.Attribute) and "session" in ast.unparse(call.func.value):
                near = lines[call.lineno - 1] + (lines[call.lineno - 2] if call.lineno > 1 else "")
                if "#" not in near:
                    guilty.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert guilty == []


def test_every_emitted_task_is_registered(app: Flask) -> None:
    """Rule 3: a name that nobody listens to would be work that is lost."""
    emitted = {
        (call.args[0].value, f"{path.relative_to(ROOT)}:{call.lineno}")
        for path, tree, _text in _sources()
        for call in _calls(tree, "emit")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert emitted
    assert [entry for entry in sorted(emitted) if entry[0] not in TASKS] == []


def test_nobody_reads_the_environment_but_the_settings() -> None:
    """config.py reads it once; engines and tools hand it on to the processes that they start."""
    guilty = [
        str(path.relative_to(ROOT))
        for path, _tree, text in _sources()
        if "os.environ" in text and "engines" not in path.parts and path.name not in ("cli.py", "screenshots.py")
    ]
    assert guilty == []


def _used_templates() -> set[str]:
    used: set[str] = set()
    for _path, tree, _text in _sources():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.endswith((".html", ".txt", ".mjml"))
            ):
                used.add(node.value)
    for path in TEMPLATES.rglob("*.*"):
        used |= set(re.findall(r"""(?:extends|include|import|from)\s+["']([^"']+)["']""", path.read_text("utf-8")))
    return used


def _mails() -> set[str]:
    """Names of mails: first argument of ``mailer.send``, also where it is chosen between two."""
    names: set[str] = set()
    for _path, tree, _text in _sources():
        for call in _calls(tree, "send"):
            for argument in call.args[:1]:
                names |= {
                    node.value
                    for node in ast.walk(argument)
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
    return names


def test_every_template_is_used() -> None:
    """A template that nothing names is dead; so is a mail that nobody sends."""
    used, mails = _used_templates(), _mails()
    computed = ("errors/", "wizard/", "styleguide/")  # errors/<status>.html and wizard/<step>.html are put together
    unused = [
        name
        for name in sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*"))
        if name not in used
        and not name.startswith(computed)
        and not (name.startswith("emails/") and (name.split("/")[1] in mails or name.split("/")[1].startswith("_")))
    ]
    assert unused == []


def test_every_named_template_exists() -> None:
    """The other way round: a misspelt name is an error only when somebody opens the page."""
    missing = [name for name in sorted(_used_templates()) if "/" in name and not (TEMPLATES / name).exists()]
    assert [
        name
        for name in missing
        if not name.startswith(("migrations", "translations")) and "%" not in name and "{" not in name
    ] == []


def test_catalogues_are_complete() -> None:
    """French, English and Italian at every commit."""
    assert catalogues.all_faults() == []


@pytest.mark.parametrize("path", sorted(PORTAL.rglob("views*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_imports_the_views_of_another_package(path: Path) -> None:
    """Views, forms and tasks belong to their package; only app.py collects them."""
    package = path.relative_to(PORTAL).parts[0]
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for other, _tree, text in _sources():
        if other.relative_to(PORTAL).parts[0] != package and other.name != "app.py":
            assert f"{module} import" not in text
            assert f"import {module}" not in text


@pytest.mark.parametrize("word", ["TODO", "FIXME", "NotImplementedError", "pytest.mark.skip", "pytest.skip(", "xfail"])
def test_nothing_is_left_for_later(word: str) -> None:
    """A stub called done and a skipped test are defects."""
    here = Path(__file__)
    files = [
        *PORTAL.rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *TEMPLATES.rglob("*.html"),
        *(ROOT / "static" / "js").rglob("*.js"),
    ]
    assert [str(path.relative_to(ROOT)) for path in files if path != here and word in path.read_text("utf-8")] == []
