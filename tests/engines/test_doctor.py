"""`portal doctor` names the part that is wrong and ends with status 1."""

from __future__ import annotations

from config import Settings
from portal.engines.doctor import examine, without_settings


def _parts(health: dict[str, object]) -> dict[str, dict[str, object]]:
    return {part["name"]: part for part in health["parts"]}  # type: ignore[attr-defined]


def test_each_engine_is_asked_for_its_version_and_speed(engine_environment: dict[str, str]) -> None:
    parts = _parts(examine(Settings.from_env(engine_environment)))
    for name in ("database", "object store", "broker"):
        assert parts[name]["ok"], parts[name]
        assert parts[name]["version"]
        assert isinstance(parts[name]["latency_ms"], float)
    assert str(parts["database"]["detail"]).startswith("migrated")
    assert parts["disk"]["ok"]


def test_one_part_that_is_away_does_not_hide_the_others(engine_environment: dict[str, str]) -> None:
    away = {**engine_environment, "REDIS_URL": "unix:///nowhere/valkey.sock", "SMTP_URL": "smtp://127.0.0.1:9"}
    health = examine(Settings.from_env(away))
    parts = _parts(health)
    assert not health["ok"]
    assert not parts["broker"]["ok"]
    assert not parts["mail"]["ok"]
    assert parts["database"]["ok"]


def test_missing_settings_are_said_one_by_one() -> None:
    health = without_settings(["DATABASE_URL is required and not set."])
    assert not health["ok"]
    assert "DATABASE_URL is required" in str(_parts(health)["settings"]["detail"])
