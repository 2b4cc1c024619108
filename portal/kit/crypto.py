"""Secrets: encrypted at rest, hashed when only recognised, signed when handed out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator


def derived_key(purpose: str) -> bytes:
    """32 bytes from SECRET_KEY that serve this purpose only (HKDF, RFC 5869)."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"atrium:{purpose}".encode()).derive(secret)


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived_key("encrypt")))


def encrypt(text: str) -> bytes:
    """Encrypt and authenticate a text for storage."""
    return _fernet().encrypt(text.encode())


def decrypt(token: bytes) -> str:
    """The text behind :func:`encrypt`.

    :raises cryptography.fernet.InvalidToken: changed bytes, or another SECRET_KEY.
    """
    return _fernet().decrypt(bytes(token)).decode()


class EncryptedText(TypeDecorator[str]):
    """A column whose text is encrypted in the database and plain in Python."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        if value is None:
            return None
        try:
            return decrypt(value)
        except InvalidToken:
            return None


def new_token() -> str:
    """A random token of 256 bits for a link or a session, safe in URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token: SHA-256 in hex. Tokens are random, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def derived_token(purpose: str, ident: str) -> str:
    """A token that can be made again from an id, so that a link need not be stored to be sent twice.

    :param purpose: separates kinds of links.
    :param ident: id of the row that holds the token's hash.
    """
    digest = hmac.new(derived_key(purpose), ident.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
