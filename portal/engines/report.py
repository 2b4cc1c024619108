"""What `portal up` and `portal doctor` say in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table


def sign_ins_file(var: Path) -> Path:
    """Where the demo firm's sign-ins are kept: ``[{"name", "role", "email", "password"}, ...]``."""
    return var / "demo"


def show_address(console: Console, address: str, var: Path, set_up_link: str | None) -> None:
    """Say where the site is, and how one gets in."""
    lines = [f"Atrium runs at [bold]{address}[/bold]", f"Data and logs: {var}", "Ctrl-C stops everything."]
    if set_up_link:
        lines.insert(1, f"Set up your firm with this link, which works once:\n[bold]{set_up_link}[/bold]")
    console.print(Panel("\n".join(lines), expand=False), soft_wrap=True)
    file = sign_ins_file(var)
    people = json.loads(file.read_text() or "[]") if file.exists() else []
    if people:
        table = Table(title="Demo sign-ins (also one click on the sign-in page)", title_justify="left")
        for heading in ("Who", "Role", "E-mail"):
            table.add_column(heading, overflow="fold")
        for person in people:
            table.add_row(*(str(person.get(key, "")) for key in ("name", "role", "email")))
        console.print(table)
        passwords = sorted({str(person.get("password", "")) for person in people})
        console.print("Password:", ", ".join(passwords), soft_wrap=True)


def show_health(console: Console, health: dict[str, object]) -> None:
    """One line per part of the installation."""
    table = Table()
    for heading in ("Part", "State", "Version", "Latency", "Detail"):
        table.add_column(heading)
    for part in health["parts"]:  # type: ignore[attr-defined]
        latency = "" if part["latency_ms"] is None else f"{part['latency_ms']:.1f} ms"
        state = "[green]ok[/green]" if part["ok"] else "[bold red]wrong[/bold red]"
        table.add_row(part["name"], state, part["version"] or "", latency, part["detail"])
    console.print(table)
