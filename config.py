"""The settings of one running copy of Atrium, read from the environment once.

Nothing else reads ``os.environ``: what is wrong is said at the start, one sentence per fault, before any work begins.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent

# What each address may begin with; anything else is a typing error that would surface much later and far away.
_SCHEMES = {
    "DATABASE_URL": ("postgresql", "postgresql+psycopg", "postgres"),
    "REDIS_URL": ("redis", "rediss", "redis+socket", "unix"),
    "S3_ENDPOINT_URL": ("http", "https"),
    "S3_PUBLIC_URL": ("http", "https"),
    "PORTAL_URL": ("http", "https"),
    "SMTP_URL": ("smtp", "smtps", "smtp+starttls"),
    "CLAMD_URL": ("tcp", "unix"),
}
_REQUIRED = (
    "DATABASE_URL",
    "REDIS_URL",
    "S3_ENDPOINT_URL",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "SECRET_KEY",
    "PORTAL_URL",
)


class BadSettings(SystemExit):
    """The environment is not usable; the message holds one sentence per fault and the process ends with status 1."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("Atrium cannot start:\n" + "\n".join(f"  - {fault}" for fault in faults))


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations. Addresses are URLs, sizes are bytes."""

    database_url: str
    redis_url: str
    s3_endpoint_url: str
    s3_public_url: str
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str
    s3_region: str
    secret_key: str
    portal_url: str
    smtp_url: str | None
    clamd_url: str | None
    mail_from: str
    var: Path
    cache: Path
    demo: bool
    development: bool
    trusted_proxies: int
    max_file_bytes: int
    client_quota_bytes: int

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check the environment.

        :raises BadSettings: with one sentence per fault, all faults at once.
        """
        env = os.environ if env is None else env
        faults = _faults(env)
        if faults:
            raise BadSettings(faults)
        var = Path(env.get("PORTAL_VAR", ROOT / "var"))
        return cls(
            database_url=_with_driver(env["DATABASE_URL"]),
            redis_url=env["REDIS_URL"],
            s3_endpoint_url=env["S3_ENDPOINT_URL"].rstrip("/"),
            s3_public_url=env.get("S3_PUBLIC_URL", env["S3_ENDPOINT_URL"]).rstrip("/"),
            s3_access_key=env["S3_ACCESS_KEY"],
            s3_secret_key=env["S3_SECRET_KEY"],
            s3_bucket=env.get("S3_BUCKET", "atrium"),
            s3_region=env.get("S3_REGION", "us-east-1"),
            secret_key=env["SECRET_KEY"],
            portal_url=env["PORTAL_URL"].rstrip("/"),
            smtp_url=env.get("SMTP_URL") or None,
            clamd_url=env.get("CLAMD_URL") or None,
            mail_from=env.get("MAIL_FROM", "Atrium <portal@localhost.localdomain>"),
            var=var,
            cache=Path(env.get("PORTAL_CACHE", var / "cache")),
            demo=_flag(env, "PORTAL_DEMO"),
            development=_flag(env, "PORTAL_DEVELOPMENT"),
            trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
            max_file_bytes=int(env.get("MAX_FILE_BYTES", str(5 * 1024**3))),
            client_quota_bytes=int(env.get("CLIENT_QUOTA_BYTES", str(50 * 1024**3))),
        )


def _faults(env: Mapping[str, str]) -> list[str]:
    faults = [f"{name} is required and not set." for name in _REQUIRED if not env.get(name)]
    for name, schemes in _SCHEMES.items():
        value = env.get(name)
        if value and urlsplit(value).scheme not in schemes:
            faults.append(f"{name} must begin with one of {', '.join(s + '://' for s in schemes)}.")
    if env.get("CLAMD_URL") and not _is_clamd(env["CLAMD_URL"]):
        faults.append("CLAMD_URL must look like tcp://host:3310 or unix:///path/of/the/socket.")
    if env.get("SECRET_KEY") and len(env["SECRET_KEY"]) < 32:
        faults.append("SECRET_KEY must have at least 32 characters; take it from a random generator.")
    for name in ("TRUSTED_PROXIES", "MAX_FILE_BYTES", "CLIENT_QUOTA_BYTES"):
        if not env.get(name, "0").isdigit():
            faults.append(f"{name} must be a whole number.")
    for name in ("PORTAL_DEMO", "PORTAL_DEVELOPMENT"):
        if env.get(name, "").lower() not in ("", "0", "1", "true", "false"):
            faults.append(f"{name} must be 0 or 1.")
    return faults


def _is_clamd(url: str) -> bool:
    """A host with its port, or the absolute path of a socket. A wrong scheme is another fault."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "tcp":
            return bool(parts.hostname and parts.port) and parts.path in ("", "/")
    except ValueError:
        return False
    return parts.scheme != "unix" or (not parts.netloc and len(parts.path) > 1)


def _flag(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() in ("1", "true")


def _with_driver(url: str) -> str:
    """SQLAlchemy picks psycopg 3 only when the address says so; operators paste the plain form."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url
