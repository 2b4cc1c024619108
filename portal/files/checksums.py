"""CRC-32 of stored objects, which ZIP wants and the store does not know: read once, then remembered for a while.

An object never changes under its key, so what is remembered is never wrong. An archive that was cut takes up where it
was without reading again what was sent before, and one whose end was not reached gets further at each try.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import redis
from flask import current_app

from portal.kit import storage

_SECONDS = 7 * 24 * 3600
_AT_ONCE = 1000


def remembered(keys: Iterable[str]) -> dict[str, int]:
    """Those of the objects' checksums that are known, by key; none where the cache is away."""
    wanted = list(keys)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        try:
            values: Any = _cache().mget([_name(key) for key in some])
        except redis.RedisError:
            return found
        found |= {key: int(value) for key, value in zip(some, values, strict=True) if value is not None}
    return found


def remember(checksums: Mapping[str, int]) -> None:
    """Keep them for a week. Nothing happens where the cache is away."""
    try:
        with _cache().pipeline(transaction=False) as pipe:
            for key, value in checksums.items():
                pipe.set(_name(key), value, ex=_SECONDS)
            pipe.execute()
    except redis.RedisError as error:
        current_app.logger.warning("checksums not remembered: %r", error)


def computed(key: str) -> int:
    """The checksum of an object, read from the store and remembered.

    :raises StoreAway: the store does not answer.
    """
    crc = 0
    for chunk in storage.read(key):
        crc = zlib.crc32(chunk, crc)
    remember({key: crc})
    return crc


def _name(key: str) -> str:
    return f"crc32:{key}"


def _cache() -> Any:
    found = current_app.extensions.get("checksums")
    if found is None:
        url = current_app.config["SETTINGS"].redis_url
        found = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        current_app.extensions["checksums"] = found
    return found
