"""Slow down guessing: tries are counted per address and per network, in rows, so that all web processes agree."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, delete, func, select

from portal.accounts.models import SignInFailure
from portal.kit.db import db, transactional
from portal.kit.errors import Refused

WINDOW = timedelta(minutes=15)
# One network may try one address a few times, many networks together some more: who types badly at home does not
# lock out the same person at work, and a robot farm cannot guess on and on (NIST SP 800-63B-4, 3.2.2).
PER_ADDRESS_AND_NETWORK = 8
PER_ADDRESS = 40
PER_NETWORK = 80


class TooManyTries(Refused):
    """Too many tries in the last quarter of an hour."""

    sentence = _l("Too many tries. Please wait a quarter of an hour, or choose a new password by mail.")
    status = 429


def network_of(ip: str | None) -> str:
    """Who one attacker can easily be: an IPv4 address, or a /64 of IPv6 (all of which one household has)."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


@transactional
def admit(purpose: str, address: str, ip: str | None) -> None:
    """Count a try and let it pass.

    The try is written down before it is made: of many at the same moment, each sees the others.

    :param purpose: what is tried ("sign_in", "reset", ...); counted separately.
    :raises TooManyTries: the limit is reached; refused tries do not count, so that waiting helps.
    """
    network, key = network_of(ip), _key(purpose, address)
    recent = SignInFailure.created_at > func.clock_timestamp() - WINDOW
    here = and_(SignInFailure.address_hash == key, SignInFailure.ip == network)
    mine, everywhere, from_here = db.session.execute(
        select(
            select(func.count()).select_from(SignInFailure).where(recent, here).scalar_subquery(),
            select(func.count())
            .select_from(SignInFailure)
            .where(recent, SignInFailure.address_hash == key)
            .scalar_subquery(),
            select(func.count())
            .select_from(SignInFailure)
            .where(recent, SignInFailure.ip == network)
            .scalar_subquery(),
        )
    ).one()
    if mine >= PER_ADDRESS_AND_NETWORK or everywhere >= PER_ADDRESS or from_here >= PER_NETWORK:
        raise TooManyTries()
    db.session.add(SignInFailure(address_hash=key, ip=network))


@transactional
def forgive(purpose: str, address: str, ip: str | None) -> None:
    """Forget this network's tries on this address: the person has proved to be who they say."""
    db.session.execute(
        delete(SignInFailure)
        .where(SignInFailure.address_hash == _key(purpose, address), SignInFailure.ip == network_of(ip))
        .execution_options(synchronize_session=False)
    )


def _key(purpose: str, address: str) -> str:
    """Addresses that were tried need not be readable: many are passwords typed into the wrong field."""
    return hashlib.sha256(f"{purpose}:{address.strip().casefold()}".encode("utf-8", "replace")).hexdigest()
