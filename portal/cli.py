"""The command line. Each command builds the application only when it needs it, so that `portal up` is quick."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config import ROOT, BadSettings, Settings
from portal.engines.secrets import write_privately

if TYPE_CHECKING:
    from flask import Flask


def data_folder(given: Path | None = None) -> Path:
    """The data folder: the one given, else that of the environment, else ``var`` beside the code."""
    return (given or Path(os.environ.get("PORTAL_VAR") or ROOT / "var")).absolute()


def find_engines() -> None:
    """Fill the environment with what a running `portal up` wrote down; what is set from outside stands."""
    file = data_folder() / "run" / "env.json"
    if file.exists():
        for name, value in json.loads(file.read_text()).items():
            os.environ.setdefault(name, value)


def make_app() -> Flask:
    """The application on the engines of the environment or of a running `portal up`."""
    find_engines()
    from portal.app import create_app

    return create_app()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and look after Atrium."""


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the site (default: 8000 or one that is free).")
@click.option("--var", type=click.Path(file_okay=False, path_type=Path), help="Folder for all data (default: var).")
@click.option("--no-demo", is_flag=True, help="Make no demo firm on the first run; print a set-up link instead.")
def up(port: int | None, var: Path | None, no_demo: bool) -> None:
    """Start everything that is not configured from outside, and the site."""
    import psycopg

    from portal.engines.up import run_up

    try:
        run_up(data_folder(var), port, demo=not no_demo)
    except (RuntimeError, OSError, psycopg.Error) as fault:
        raise click.ClickException(str(fault)) from fault


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Say of each part whether it answers; exit status 1 when something is wrong."""
    from rich.console import Console

    from portal.engines import report
    from portal.engines.doctor import examine, without_settings

    find_engines()
    try:
        health = examine(Settings.from_env())
    except BadSettings as bad:
        health = without_settings(bad.faults)
    if as_json:
        click.echo(json.dumps(health, indent=1))
    else:
        report.show_health(Console(), health)
    sys.exit(0 if health["ok"] else 1)


@main.command()
def demo() -> None:
    """Make the demo firm; refused when there is a firm already."""
    from portal.engines.report import sign_ins_file

    app = make_app()
    with app.app_context():
        from portal.demo.commands import make_demo

        sign_ins = make_demo()
    if sign_ins is None:
        raise click.ClickException("There is a firm already: the demo needs an empty database.")
    write_privately(sign_ins_file(data_folder()), json.dumps(sign_ins, indent=1))


@main.command("create-admin")
@click.option("--email", prompt="E-mail")
@click.option("--first-name", prompt="First name")
@click.option("--last-name", prompt="Last name")
def create_admin(email: str, first_name: str, last_name: str) -> None:
    """Make an administrator and print the link by which they choose a password."""
    from portal.kit.errors import Refused

    app = make_app()
    with app.test_request_context(base_url=app.config["PORTAL_URL"]):
        from portal.accounts.commands import create_administrator

        try:
            link = create_administrator(email=email, first_name=first_name, last_name=last_name)
        except Refused as refused:
            raise click.ClickException(str(refused)) from refused
    click.echo(f"{first_name} {last_name} becomes an administrator with this link, which works once:\n{link}")


@main.command("set-up-link", hidden=True)
def set_up_link() -> None:
    """Print the one-time link by which the firm is set up; nothing when there is a firm."""
    app = make_app()
    with app.test_request_context(base_url=app.config["PORTAL_URL"]):
        from portal.accounts.commands import issue_setup_link

        click.echo(issue_setup_link() or "")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def routes(as_json: bool) -> None:
    """List every route with who may pass it."""
    rows = route_table(make_app())
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    widths = {key: max(len(str(row[key])) for row in rows) for key in ("methods", "rule", "endpoint")}
    for row in rows:
        columns = [str(row[key]).ljust(width) for key, width in widths.items()]
        click.echo("  ".join([*columns, str(row["policy"] or "NO POLICY")]))


def route_table(app: Flask) -> list[dict[str, Any]]:
    """Methods, rule, endpoint and policy (None where there is none) of every route, sorted by rule."""
    from portal.kit.web import policy_of

    rows = []
    for rule in app.url_map.iter_rules():
        policy = policy_of(app.view_functions[rule.endpoint])
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        # Flask's own route of the files under static/: anybody may fetch them.
        name = policy.name if policy else "public" if rule.endpoint == "static" else None
        rows.append({"methods": " ".join(methods), "rule": rule.rule, "endpoint": rule.endpoint, "policy": name})
    return sorted(rows, key=lambda row: (str(row["rule"]), str(row["methods"])))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def verify(as_json: bool) -> None:
    """Prove that database and bucket agree; exit status 1 when they do not."""
    app = make_app()
    with app.app_context():
        from portal.files.verify import verify as faults_of

        faults = [str(fault) for fault in faults_of()]
    if as_json:
        click.echo(json.dumps({"ok": not faults, "faults": faults}, indent=1))
    else:
        click.echo("\n".join(faults) or "Database and bucket agree.")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
