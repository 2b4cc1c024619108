"""HTTP to addresses that people typed: never into private networks, never further than asked, never for long.

The name is resolved once per try, every address that comes back is checked, and the connection goes to one of exactly
these addresses (so a resolver that changes its answer changes nothing), while Host and TLS still use the name. Sources:
OWASP Server-Side Request Forgery Prevention; IANA special-purpose address registries (RFC 6890).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import httpcore
import httpx
from flask_babel import lazy_gettext as _l

from portal.connectors.base import Answer, DeliveryFailed
from portal.kit.errors import Refused

TIMEOUT = 10.0
EXCERPT_BYTES = 2048
URL_LENGTH = 2000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")
# Addresses of IPv6 that carry one of IPv4 inside: NAT64 (RFC 6052, RFC 8215) and IPv4-compatible ones (RFC 4291).
_CARRIERS = [ipaddress.IPv6Network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")]
# The addresses from which clouds hand out credentials. No setting opens them.
_NEVER = [
    ipaddress.ip_network(net) for net in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32")
]


class BadUrl(Refused):
    """The address cannot be called."""

    sentence = _l("This is not a web address that can be called. It looks like https://example.com/hook.")
    field = "url"


def parse_url(raw: str) -> httpx.URL:
    """The address in its parts.

    :raises BadUrl: not http(s), without a host, with a user name, or with characters that do not belong there.
    """
    if len(raw) > URL_LENGTH:
        raise BadUrl(_l("This address is too long: %(limit)s characters at most.", limit=URL_LENGTH))
    try:
        url = httpx.URL(raw)
        host, port = url.raw_host.decode("ascii"), url.port
    except (httpx.InvalidURL, ValueError, TypeError):
        raise BadUrl() from None
    if _UNSAFE.search(raw) or url.scheme not in ("http", "https") or not host or port == 0:
        raise BadUrl()
    if url.userinfo or "@" in url.netloc.decode("ascii", "replace"):
        raise BadUrl(_l("The address must not hold a user name or a password."))
    return url


def check_url(raw: str, *, allowed: Sequence[Network] = ()) -> str:
    """The address as it is stored, after asking where it leads now. A name that is not known yet may be stored.

    :raises BadUrl: it cannot be called, or leads into a private network that is not among ``allowed``.
    """
    url = parse_url(raw)
    try:
        addresses_of(url.raw_host.decode(), _port(url), allowed=allowed, timeout=3)
    except DeliveryFailed as failure:
        if failure.code == "address":
            raise BadUrl(_l("The address leads into a private network. That is not allowed.")) from None
    return str(url)


def post(url: str, *, body: bytes, headers: dict[str, str], allowed: Sequence[Network] = ()) -> Answer:
    """Send a body and give the answer, whatever its status; redirects are not followed.

    :raises DeliveryFailed: nothing came back.
    """
    try:
        target = parse_url(url)
    except BadUrl:
        raise DeliveryFailed("settings", retry=False) from None
    deadline = time.monotonic() + TIMEOUT
    backend = _Guarded(allowed, deadline)
    try:
        pool = httpcore.ConnectionPool(network_backend=backend, ssl_context=_tls())
        with (
            pool,
            pool.stream(
                "POST",
                httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path),
                headers=[("Host", target.netloc.decode("ascii")), ("Content-Length", str(len(body))), *headers.items()],
                content=body,
                extensions={"timeout": {"connect": TIMEOUT, "read": TIMEOUT, "write": TIMEOUT, "pool": TIMEOUT}},
            ) as response,
        ):
            return Answer(response.status, _excerpt(response.iter_stream()))
    except (httpcore.TimeoutException, TimeoutError):
        raise DeliveryFailed("timeout") from None
    except (httpcore.ConnectError, httpcore.NetworkError, OSError) as error:
        raise DeliveryFailed("certificate" if "certificate" in str(error).lower() else "connection") from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError):
        raise DeliveryFailed("protocol") from None


def _excerpt(chunks: Iterable[bytes]) -> str:
    found = b""
    try:
        for chunk in chunks:
            found += chunk
            if len(found) >= EXCERPT_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        # The status has come; how the rest of the answer ends is of no interest.
        pass
    return found[:EXCERPT_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


@cache
def _tls() -> ssl.SSLContext:
    """Reading the authorities' certificates takes longer than most deliveries: once per process."""
    return httpcore.default_ssl_context()


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver gives them (all spellings of numbers included).

    :raises OSError: there is none.
    """
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def addresses_of(host: str, port: int, *, allowed: Sequence[Network] = (), timeout: float = TIMEOUT) -> list[str]:
    """Where a name leads, when it leads nowhere private. One bad address among good ones refuses all of them.

    :raises DeliveryFailed: ``unknown_host``, ``timeout`` or ``address``.
    """
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(resolve(host.strip("[]"), port))
        except (OSError, UnicodeError, ValueError):
            found.append([])

    # The system's resolver knows no time limit of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0.1, timeout))
    if not found:
        raise DeliveryFailed("timeout")
    if not found[0]:
        raise DeliveryFailed("unknown_host")
    for address in found[0]:
        if not is_reachable(address, allowed):
            raise DeliveryFailed("address")
    return list(dict.fromkeys(found[0]))


def is_reachable(address: str, allowed: Sequence[Network] = ()) -> bool:
    """May this numeric address be called: public, or in a network that the firm has allowed?"""
    if "%" in address:
        return False
    for meant in _meanings(ipaddress.ip_address(address)):
        if any(meant in net for net in _NEVER):
            return False
        if any(meant in net for net in allowed):
            continue
        if not meant.is_global or meant.is_multicast or meant.is_reserved or meant.is_unspecified:
            return False
        if isinstance(meant, ipaddress.IPv6Address) and (meant.is_site_local or meant.teredo):
            return False
    return True


def _meanings(address: Address) -> list[Address]:
    """The address and, when it carries another one inside, that one instead."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner = address.ipv4_mapped or address.sixtofour
    if inner is not None:
        return [inner]
    if any(address in net for net in _CARRIERS) and int(address) > 1:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


class _Guarded(httpcore.NetworkBackend):
    """Connects to checked addresses only, and gives the whole exchange one deadline."""

    def __init__(self, allowed: Sequence[Network], deadline: float) -> None:
        self.allowed, self.deadline, self.inner = allowed, deadline, httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any) -> Any:
        left = self.deadline - time.monotonic()
        failure: Exception = DeliveryFailed("connection")
        for address in addresses_of(host, port, allowed=self.allowed, timeout=left)[:4]:
            try:
                left = max(0.1, self.deadline - time.monotonic())
                return _Hurried(self.inner.connect_tcp(address, port, left, *args, **kwargs), self.deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Hurried(httpcore.NetworkStream):
    """A stream whose every step ends at the deadline: a peer that drips one byte a second cannot hold a worker."""

    def __init__(self, inner: Any, deadline: float) -> None:
        self.inner, self.deadline = inner, deadline

    def _left(self, kind: type[Exception]) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise kind()
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self.inner.read(max_bytes, self._left(httpcore.ReadTimeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self._left(httpcore.WriteTimeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        left = self._left(httpcore.ConnectTimeout)
        return _Hurried(self.inner.start_tls(ssl_context, server_hostname, left), self.deadline)

    def close(self) -> None:
        self.inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)
