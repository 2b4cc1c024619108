"""Files in the folder that Clara and Diego share, with what shows them made as a worker makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.contents.commands.making import make
from portal.files.commands.completion import store_bytes


@pytest.fixture
def put(cast: Any) -> Callable[..., Any]:
    """``put("plan.pdf", data)`` stores a file and makes what shows it."""

    def put_it(name: str, data: bytes, *, folder: Any = None, actor: Any = None) -> Any:
        file = store_bytes(folder or cast.exchange, name, data, actor=actor or cast.bob)
        make(version_id=str(file.version_id))
        return file

    return put_it
