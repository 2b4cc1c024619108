"""Addresses that the store accepts without a password: AWS Signature Version 4 in the query of the address.

(S3 reference, "Authenticating Requests: Using Query Parameters".) The key of the day is derived once, which makes
this many times as quick as the general client; the tests compare every kind of address with that client's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
_PLAIN = "-_.~"
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Signer:
    """Signs for one bucket at one address (as path, never as host name: that works with every store)."""

    endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)

    def address(
        self,
        method: str,
        key: str,
        *,
        seconds: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        moment: datetime | None = None,
    ) -> str:
        """The address of an object for one method, good for ``seconds`` from ``moment`` (now).

        :param headers: what the request must carry, with exactly these values; the store refuses any other.
        :param query: further parameters, not yet encoded. Their names are in small letters, as those of S3 are: in the
            order that the signature wants they stand behind its own.
        """
        at = moment or datetime.now(UTC)
        day = f"{at.year:04}{at.month:02}{at.day:02}"
        stamp = f"{day}T{at.hour:02}{at.minute:02}{at.second:02}Z"
        root = _root(self.endpoint)
        said = {"host": root.host, **{name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()}}
        names = sorted(said)
        # These stand in the order that the signature wants, and nothing in them needs encoding.
        parameters = (
            f"{_credential(self.access_key, day, self.region)}&X-Amz-Date={stamp}&X-Amz-Expires={seconds}"
            f"&X-Amz-SignedHeaders={'%3B'.join(names)}"
        )
        if query:
            parameters += "".join(
                [f"&{quote(name, safe=_PLAIN)}={quote(value, safe=_PLAIN)}" for name, value in sorted(query.items())]
            )
        path = f"{root.path}/{quote(f'{self.bucket}/{key}', safe=_PLAIN + '/')}"
        lines = "".join([f"{name}:{said[name]}\n" for name in names])
        request = f"{method}\n{path}\n{parameters}\n{lines}\n{';'.join(names)}\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signed = f"{ALGORITHM}\n{stamp}\n{day}/{self.region}/s3/aws4_request\n{digest}".encode()
        signature = hmac.digest(_key_of_day(self.secret_key, day, self.region), signed, "sha256").hex()
        return f"{root.origin}{path}?{parameters}&X-Amz-Signature={signature}"


@dataclass(frozen=True)
class _Root:
    """An endpoint taken apart: ``https://host:port``, the path before the bucket, and the Host header."""

    origin: str
    path: str
    host: str


@lru_cache(maxsize=8)
def _root(endpoint: str) -> _Root:
    parts = urlsplit(endpoint)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    # A browser leaves the port out where it is the scheme's own.
    host = name if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f"{name}:{parts.port}"
    return _Root(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"), host)


@lru_cache(maxsize=8)
def _credential(access_key: str, day: str, region: str) -> str:
    whose = quote(access_key, safe=_PLAIN)
    return f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={whose}%2F{day}%2F{region}%2Fs3%2Faws4_request"


@lru_cache(maxsize=8)
def _key_of_day(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
