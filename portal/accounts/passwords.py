"""Passwords: what is accepted, how they are stored, how a try takes the same time whether or not the account exists."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flask_babel import lazy_gettext as _l
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portal.kit.errors import Refused
from portal.kit.normal import normal as normalized

# NIST SP 800-63B-4, 3.1.1.2: 15 characters at least where the password stands alone; no composition rules.
SHORTEST = 15
LONGEST = 128
# What an attacker with the usual lists finds within 10^9 guesses is as good as listed.
_GUESSES_LOG10 = 9.0
# zxcvbn looks at no more; what stands behind can only make a password harder.
_LOOKED_AT = 72

_hasher = PasswordHasher()
_common = frozenset(FREQUENCY_LISTS["passwords"])


class TooShort(Refused):
    """Fewer than 15 characters."""

    sentence = _l("Choose a password of at least 15 characters. A short sentence is easy to remember.")
    field = "password"


class TooLong(Refused):
    """More than 128 characters."""

    sentence = _l("This password is too long: 128 characters at most.")
    field = "password"


class TooCommon(Refused):
    """On a list of common passwords, or as quickly guessed as one."""

    sentence = _l(
        "This password is easy to guess. Choose a few words that have nothing to do with each other or with you."
    )
    field = "password"


def normal(password: str) -> str:
    """The same password typed on another keyboard or system is the same text (NFKC, NIST SP 800-63B-4, 3.1.1.2)."""
    return normalized(password, "NFKC")


def check(password: str, *, about: Iterable[str] = ()) -> str:
    """The password in its normal form, if it may be used.

    :param about: names and addresses that it should not consist of.
    :raises TooShort, TooLong, TooCommon: with the sentence for its field.
    """
    password = normal(password)
    if len(password) < SHORTEST:
        raise TooShort()
    if len(password) > LONGEST:
        raise TooLong()
    words = [
        part for word in about for part in (word, *word.replace("@", " ").replace(".", " ").split()) if len(part) > 2
    ]
    if password.casefold() in _common:
        raise TooCommon()
    guesses = zxcvbn(password[:_LOOKED_AT], user_inputs=words)["guesses_log10"]
    if guesses < _GUESSES_LOG10:
        raise TooCommon()
    return password


def hash_password(password: str) -> str:
    """Argon2id with a salt of its own, in PHC form."""
    return _hasher.hash(normal(password))


@contextmanager
def hashing_quickly() -> Iterator[None]:
    """Inside, hashes cost next to nothing: only for the demo's sixty accounts, whose password is printed anyway.

    :func:`is_outdated` finds such hashes, so that the first sign-in with the password replaces them.
    """
    global _hasher
    before, _hasher = _hasher, PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    try:
        yield
    finally:
        _hasher = before


@functools.cache
def dummy_hash() -> str:
    """A hash that nothing matches, checked when there is no account, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(32))


def matches(stored: str | None, password: str) -> bool:
    """Does the password belong to the stored hash? Takes the same time when nothing is stored."""
    tried = normal(password)
    if len(tried) > LONGEST:
        stored, tried = None, tried[:LONGEST]
    try:
        found = _hasher.verify(stored or dummy_hash(), tried)
    except (Argon2Error, InvalidHashError):
        return False
    return found and stored is not None


def is_outdated(stored: str) -> bool:
    """Was it hashed with weaker parameters than today's?"""
    return _hasher.check_needs_rehash(stored)
