"""Beginning uploads where there are many files already: the quota must not be added up each time."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from bench import generate
from bench.operations import Operation, Pair
from bench.site import Site, driver_connection
from portal.accounts.viewer import Viewer
from portal.files.commands.batches import Begun, begin_batch
from portal.files.models import Folder

FILES, BATCH, ROUNDS = 100_000, 20, 5
_VERSIONS = """
    INSERT INTO file_version (id, file_id, number, object_key, size, content_type)
    SELECT version_id, id, 1, 'files/bench/' || id, size, content_type FROM file WHERE folder_id = %s
"""


def begin_in_a_large_space(site: Site) -> Pair:
    """Batches of uploads begun for a client of 100,000 files, against the same for a client without any."""
    cast = site.cast
    with driver_connection() as connection:
        generate.files(connection, [(cast.acme.id, cast.books.id)], FILES)
        connection.execute(_VERSIONS, (cast.books.id,))
    with driver_connection() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return _begin(cast.exchange, cast.clara.viewer), _begin(cast.other_folder, cast.mallory.viewer)


def _begin(folder: Folder, viewer: Viewer) -> Callable[[], None]:
    checksum = base64.b64encode(hashlib.sha256(b"x").digest()).decode()

    def some() -> None:
        for _ in range(ROUNDS):
            wishes: list[Any] = [{"name": f"{uuid.uuid4()}.pdf", "size": 1, "sha256": checksum} for _ in range(BATCH)]
            if not all(isinstance(answer, Begun) for answer in begin_batch(folder, wishes, actor=viewer)):
                raise RuntimeError("not everything was begun")

    return some


OPERATIONS = {"begin-100000": Operation("begin-100000", begin_in_a_large_space, 1.3, rounds=20, warm_up=3)}
