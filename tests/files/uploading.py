"""What the browser's script does, for tests: begin, send parts to the real store, complete."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any

import urllib3

JSON = {"Accept": "application/json"}


def checksum(data: bytes) -> str:
    """SHA-256 in base64, as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def sum_of_part(data: bytes) -> str:
    """CRC-32 in base64, as S3 writes it."""
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def sum_for(upload: dict[str, Any], part: bytes) -> str:
    """The sum that goes with a part, or with the whole where there are none."""
    return sum_of_part(part) if upload["part_size"] else checksum(part)


def begin(browser: Any, folder: Any, name: str, size: int, **more: Any) -> Any:
    """The answer to the beginning of an upload."""
    sent = {"name": name, "size": size, **more}
    return browser.post(f"/folders/{folder.id}/uploads", json=sent, headers=JSON)


def parts_of(data: bytes, part_size: int) -> list[bytes]:
    """The content cut as the server said; one piece where it said 0."""
    if not part_size:
        return [data]
    return [data[start : start + part_size] for start in range(0, len(data), part_size)]


def address(browser: Any, upload: dict[str, Any], number: int, part: bytes) -> dict[str, Any]:
    """A signed address for one part."""
    wanted = {"parts": {str(number): sum_for(upload, part)}}
    answer = browser.post(f"/uploads/{upload['id']}/addresses", json=wanted, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json["addresses"][0]
    return found


def send(where: dict[str, Any], body: bytes) -> int:
    """PUT to the store, as the browser does. The status of its answer."""
    return urllib3.request("PUT", where["url"], body=body, headers=where["headers"], timeout=20, retries=False).status


def complete(browser: Any, upload: dict[str, Any], data: bytes) -> Any:
    """The answer to the completion."""
    sums = [sum_for(upload, part) for part in parts_of(data, upload["part_size"])]
    return browser.post(f"/uploads/{upload['id']}/completion", json={"checksums": sums}, headers=JSON)


def upload_file(browser: Any, folder: Any, name: str, data: bytes, **more: Any) -> Any:
    """The whole way; the answer to the completion."""
    begun = begin(browser, folder, name, len(data), **more)
    assert begun.status_code == 201, begun.text
    for number, part in enumerate(parts_of(data, begun.json["part_size"]), start=1):
        sent = send(address(browser, begun.json, number, part), part)
        assert sent == 200
    return complete(browser, begun.json, data)
