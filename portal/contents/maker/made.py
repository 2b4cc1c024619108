"""What the program leaves behind, and how it says that it will not."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# As much text of a file is searched.
MOST_WORDS = 200_000


class Unfit(Exception):
    """The file is broken, hostile or larger than what is shown; the message is for the log."""


@dataclass
class Made:
    """The result for one file: ``files`` are renditions as the table has them, with the name of what was written."""

    folder: Path
    kind: str = ""
    pages: int = 0
    words: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, kind: str, number: int, content: bytes, content_type: str, *, width: int = 0, height: int = 0
    ) -> None:
        """Keep a thumbnail, page or document."""
        name = f"{kind}-{number}"
        (self.folder / name).write_bytes(content)
        about = {"name": name, "kind": kind, "number": number, "content_type": content_type}
        self.files.append({**about, "width": width, "height": height})

    def said(self) -> dict[str, Any]:
        """The result as JSON says it."""
        told = asdict(self)
        del told["folder"]
        # Halves of pairs, which some files hold, are no text that could be written.
        told["words"] = self.words[:MOST_WORDS].encode("utf-8", "replace").decode()
        return told
