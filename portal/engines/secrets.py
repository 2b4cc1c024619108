"""The secrets of one embedded installation: made once, kept under its data folder, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Secrets:
    """Random strings, URL-safe so that they can stand in an address as they are."""

    secret_key: str
    database_password: str
    database_admin_password: str
    s3_access_key: str
    s3_secret_key: str
    objects_write_key: str
    objects_read_key: str
    filer_write_key: str
    filer_read_key: str

    @classmethod
    def kept_in(cls, folder: Path) -> Secrets:
        """Read the secrets of ``folder``, making those that are missing.

        :raises ValueError: when the file is not JSON, so that a damaged file is never silently replaced by new secrets
            that no longer open the data.
        """
        file = folder / "secrets.json"
        kept = json.loads(file.read_text()) if file.exists() else {}
        values = {name: kept.get(name) or secrets.token_urlsafe(36) for name in cls.__slots__}
        if values != kept:
            write_privately(file, json.dumps(values, indent=1))
        return cls(**values)

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def write_privately(file: Path, text: str) -> None:
    """Replace ``file`` in one step with ``text``, mode 600: a crash leaves the old one or the new one, never half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
