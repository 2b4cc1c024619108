"""What the program may use: a hostile file costs this much and no more."""

from __future__ import annotations

import resource

MEMORY_BYTES = 1024**3
CPU_SECONDS = 20
FILE_BYTES = 64 * 1024**2
OPEN_FILES = 64


def hold() -> None:
    """Set the limits for this process; they cannot be lifted again."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))
