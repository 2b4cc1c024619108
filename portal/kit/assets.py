"""What templates need from the browser bundle: addresses with content hashes, icons, and small presentation helpers."""

import json
import re
import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

from flask import Flask, Response, current_app, g, request, url_for
from flask.sessions import SecureCookieSessionInterface
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from markupsafe import Markup
from werkzeug.routing import BuildError

# A name that the build gave: another content has another name.
_HASHED = re.compile(r"dist/.+-[0-9A-Za-z]{8}\.\w+")
_YEAR = 31_536_000
# Six tones exist in tokens.css; a name keeps its tone for ever because the checksum does not change between runs.
TONES = 6


class Manifest(TypedDict):
    """What `static/build.mjs` writes beside the bundle."""

    files: dict[str, str]
    icons: list[str]


@cache
def _read_manifest(path: Path, changed_at: int) -> Manifest:
    """Read the manifest; `changed_at` (nanoseconds) is part of the key so that a rebuild is seen."""
    manifest: Manifest = json.loads(path.read_text("utf-8")) if changed_at else {"files": {}, "icons": []}
    return manifest


def _manifest() -> Manifest:
    cached: Manifest | None = current_app.extensions.get("asset_manifest")
    if cached is not None and not current_app.debug:
        return cached
    path = Path(current_app.static_folder or "static") / "dist" / "manifest.json"
    manifest = _read_manifest(path, path.stat().st_mtime_ns if path.exists() else 0)
    # An empty answer is not kept: the bundle may be built a moment later.
    if manifest["files"]:
        current_app.extensions["asset_manifest"] = manifest
    return manifest


def asset_url(name: str) -> str:
    """Give the address of a bundled file, for example `asset_url("app.css")`.

    Before the bundle is built the plain name is given, so that pages still render.
    """
    return url_for("static", filename="dist/" + _manifest()["files"].get(name, name))


def icon(name: str, label: str | None = None, size: int = 18) -> Markup:
    """Draw an icon of the sprite, `size` CSS pixels wide; without a label it is hidden from screen readers.

    An unknown name draws nothing and is logged: a missing drawing must never take a page down.
    """
    # A page of a long list draws the same few icons thousands of times.
    drawn: dict[Any, Markup] = g.setdefault("drawn_icons", {})
    key = name, label, size
    if key not in drawn:
        drawn[key] = _draw(name, label, size)
    return drawn[key]


def _draw(name: str, label: str | None, size: int) -> Markup:
    manifest = _manifest()
    if manifest["icons"] and name not in manifest["icons"]:
        current_app.logger.warning("unknown icon %r: is the bundle up to date?", name)
    spoken = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    return Markup(
        '<svg class="icon" width="{0}" height="{0}"{1} focusable="false"><use href="{2}#{3}"></use></svg>'
    ).format(size, spoken, asset_url("icons.svg"), name)


def tone(text: object) -> int:
    """Choose one of the tones 0 to 5 for a name, the same one each time."""
    return zlib.crc32(str(text).casefold().encode()) % TONES


def initials(name: object) -> str:
    """Give at most two capitals for a name: those of its first and last word."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    chosen = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in chosen).upper() or "?"


def url_with(**changes: object) -> str:
    """Give the address of this page with some query arguments changed; None takes an argument away."""
    arguments: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict(flat=False), **changes}
    kept: Any = {key: value for key, value in arguments.items() if value is not None}
    return url_for(request.endpoint or "static", **kept)


def url_if(endpoint: str, **values: Any) -> str | None:
    """Give the address of an endpoint, or None where this installation does not have it."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


class _CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates on disk, so that not every process compiles all of them again; a full disk is no error."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def keep_compiled(app: Flask, cache: Path) -> None:
    """Keep templates compiled in a folder below this one; where none can be made, each process compiles its own."""
    # What one release of Jinja compiled is of no use to the next one.
    folder = cache / f"templates-{version('jinja2')}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        app.jinja_env.bytecode_cache = _CompiledTemplates(str(folder))


class _NotWithFiles(SecureCookieSessionInterface):
    """Leaves the cookie out of what everybody may keep: a proxy would hand one reader's sign-in to the next."""

    def save_session(self, app: Flask, session: Any, response: Response) -> None:  # type: ignore[override]
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Give templates the helpers of this module, and let browsers keep what the build has named by its content."""
    for helper in (asset_url, icon, tone, initials, url_with, url_if):
        app.jinja_env.globals[helper.__name__] = helper
    app.session_interface = _NotWithFiles()

    @app.after_request
    def keep(response: Response) -> Response:
        """Without it, each page asks again for every one of its files."""
        known = request.endpoint == "static" and response.status_code in (200, 206, 304)
        if known and _HASHED.fullmatch((request.view_args or {})["filename"]):
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = _YEAR
            response.cache_control.immutable = True
        return response
