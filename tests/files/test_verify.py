"""``portal verify``: database and bucket agree, or it is said how they do not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from portal.files.commands.completion import store_bytes
from portal.files.models import FileVersion
from portal.files.verify import verify
from portal.kit import storage


def test_a_healthy_space_has_no_faults_and_each_fault_is_named(cast: Any, session: Any) -> None:
    """Missing object, changed content, changed size, object without a row, checksum not computed."""
    # Tests before this one took back their rows, and their objects stayed.
    for key, _ in list(storage.keys()):
        storage.delete(key)
    for name in ("whole", "missing", "changed", "longer", "unhashed"):
        store_bytes(cast.exchange, f"{name}.txt", name.encode(), actor=cast.bob)
    assert verify() == []
    rows = session.scalars(select(FileVersion).order_by(FileVersion.id)).all()
    _, missing, changed, longer, unhashed = rows
    storage.delete(missing.object_key)
    storage.put(changed.object_key, b"CHANGED")
    storage.put(longer.object_key, b"longer than before")
    storage.put("files/stranger", b"?")
    session.execute(update(FileVersion).where(FileVersion.id == unhashed.id).values(sha256=None))
    said = verify()
    assert len(said) == 5
    for key, word in (
        (missing.object_key, "missing"),
        (changed.object_key, "SHA-256"),
        (longer.object_key, "bytes"),
        (unhashed.object_key, "not been computed"),
        ("files/stranger", "no row"),
    ):
        assert [line for line in said if key in line and word in line], (key, word, said)
    assert not [line for line in verify(read_contents=False) if "SHA-256" in line]
    storage.delete("files/stranger")
