"""The helpers that every template uses."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string

from portal.kit import assets

DIST = Path(__file__).resolve().parents[3] / "static" / "dist" / "manifest.json"


@pytest.fixture
def small_app(tmp_path: Path) -> Flask:
    """A site with a bundle of two files and one icon."""
    (tmp_path / "dist").mkdir()
    manifest = {"files": {"app.css": "style-1.css", "icons.svg": "icons-1.svg"}, "icons": ["home"]}
    (tmp_path / "dist" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    site = Flask("small", static_folder=str(tmp_path), static_url_path="/static")
    assets.init_app(site)
    site.add_url_rule("/clients/<name>", "clients.show", lambda name: "")
    return site


def drawn(site: Flask, template: str, path: str = "/clients/acme?sort=name&group=a&group=b") -> str:
    with site.test_request_context(path):
        return render_template_string(template)


def test_an_address_carries_the_hash_of_the_content(small_app: Flask) -> None:
    assert drawn(small_app, "{{ asset_url('app.css') }}") == "/static/dist/style-1.css"


@pytest.mark.parametrize(("name", "kept"), [("app-TO4SQ7WJ.js", True), ("icons-3a15465d.svg", True), ("app.js", False)])
def test_what_is_named_by_its_content_is_never_asked_for_again(small_app: Flask, name: str, kept: bool) -> None:
    (Path(str(small_app.static_folder)) / "dist" / name).write_text("x")
    said = small_app.test_client().get(f"/static/dist/{name}").headers["Cache-Control"]
    assert said == ("public, max-age=31536000, immutable" if kept else "no-cache")


def test_what_everybody_may_keep_carries_nobodys_cookie(app: Flask, transaction: Any) -> None:
    """Neither Set-Cookie, which a proxy would keep, nor Vary, by which a browser would ask again after each page."""
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["sign_in"] = "token"
        cookie.permanent = True
    assert "Set-Cookie" in browser.get("/sign-in").headers
    said = browser.get(f"/static/dist/{assets._read_manifest(DIST, 1)['files']['app.js']}").headers
    assert "immutable" in said["Cache-Control"]
    assert not {"Set-Cookie", "Vary"} & set(said.keys())


def test_what_is_not_there_is_not_kept(small_app: Flask) -> None:
    answer = small_app.test_client().get("/static/dist/app-TO4SQ7WX.js")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_page_renders_before_the_bundle_is_built(tmp_path: Path) -> None:
    site = Flask("unbuilt", static_folder=str(tmp_path), static_url_path="/static")
    assets.init_app(site)
    assert drawn(site, "{{ asset_url('app.css') }}", "/") == "/static/dist/app.css"


def test_an_icon_is_hidden_from_screen_readers_unless_it_has_a_label(small_app: Flask) -> None:
    assert 'aria-hidden="true"' in drawn(small_app, "{{ icon('home') }}")
    assert 'aria-label="&lt;Home&gt;"' in drawn(small_app, "{{ icon('home', label='<Home>') }}")


def test_a_name_keeps_its_tone(small_app: Flask) -> None:
    assert assets.tone("Acme") == assets.tone("ACME") and 0 <= assets.tone("Émile") < assets.TONES


@pytest.mark.parametrize(
    ("name", "letters"), [("Claire Martin", "CM"), ("Anne de la Tour", "AT"), ("acme", "A"), ("", "?"), ("- x", "X")]
)
def test_initials_are_those_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert assets.initials(name) == letters


def test_an_address_keeps_its_other_arguments(small_app: Flask) -> None:
    address = drawn(small_app, "{{ url_with(sort='-name', after=none)|safe }}")
    assert address == "/clients/acme?sort=-name&group=a&group=b"


def test_an_address_that_does_not_exist_is_none(small_app: Flask) -> None:
    assert drawn(small_app, "{{ url_if('nowhere') }}") == "None"
