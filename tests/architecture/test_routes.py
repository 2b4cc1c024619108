"""Every door says who may pass."""

from __future__ import annotations

import re

from flask import Flask

from portal.kit.web import policy_of


def test_every_route_carries_exactly_one_policy(app: Flask) -> None:
    """Rule 2. Carrying two is refused when the decorator runs (see below); carrying none fails here."""
    without = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and policy_of(app.view_functions[rule.endpoint]) is None
    ]
    assert without == []


def test_a_view_cannot_carry_two_policies() -> None:
    """The second decorator refuses, at import time."""
    import pytest

    from portal.kit.web import public, signed_in

    with pytest.raises(RuntimeError):

        @public
        @signed_in
        def view() -> str:
            return ""


def test_objects_are_loaded_through_a_visible_selection(app: Flask) -> None:
    """A route that names objects loads the first of them through the viewer; the others are looked up inside of it."""
    own = {"accounts.end_session"}
    unloaded = []
    for rule in app.url_map.iter_rules():
        policy = policy_of(app.view_functions[rule.endpoint]) if rule.endpoint != "static" else None
        if policy is None or policy.name == "public" or rule.endpoint in own:
            continue
        first = re.search(r"<uuid:(\w+)_id>", rule.rule)
        if first and first.group(1) not in policy.loads:
            unloaded.append(f"{rule.endpoint}: {first.group(1)}")
    assert unloaded == []


def test_changing_routes_are_posts(app: Flask) -> None:
    """Nothing but reading is done by GET; what changes state goes through the CSRF token (scripts may say DELETE)."""
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert methods <= {"GET", "HEAD", "OPTIONS", "POST", "DELETE"}
