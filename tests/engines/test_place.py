"""Folders, secrets, ports: what the engines stand on before they start."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from portal.engines.place import Place, free_ports, is_free
from portal.engines.secrets import Secrets
from portal.engines.site import web_port


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = Secrets.kept_in(tmp_path)
    assert Secrets.kept_in(tmp_path) == first
    assert len(first.secret_key) >= 32
    assert len(set(first.as_dict().values())) == len(first.as_dict())
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_damaged_file_of_secrets_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        Secrets.kept_in(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{"


@pytest.mark.parametrize("deep", ["plain", "with a space", "d" * 120])
def test_sockets_stay_short_and_plain_however_deep_the_data_lies(tmp_path: Path, deep: str) -> None:
    var = tmp_path / deep / "var"
    sockets = Place.at(var).sockets
    assert len(os.fsencode(sockets / "pg" / ".s.PGSQL.5432.lock")) <= 107
    assert " " not in str(sockets)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert Place.at(var).sockets == sockets


def test_free_ports_are_different_and_nobody_listens_there() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_the_site_keeps_its_port_while_it_is_free(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    assert web_port(tmp_path, port) == port
    assert web_port(tmp_path, None) == port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert web_port(tmp_path, None) != port
        with pytest.raises(RuntimeError, match=f"Port {port} is taken"):
            web_port(tmp_path, port)
