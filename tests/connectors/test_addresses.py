"""A canary on loopback: whatever address is typed, it is never called."""

from __future__ import annotations

import socket

import pytest

from portal.connectors import outbound
from portal.connectors.base import DeliveryFailed
from tests.figures import record_figure

HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0.0.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "0177.1",
    "127.0x1",
    "127.0.0.0x1",
    "00000177.0.0.1",
    "127.000.000.001",
    "0x7F.0x0.0x0.0x1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "ip6-localhost",
    "foo.localhost",
    "127.0.0.1.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:7f00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:7f00:0001::1]",
    "[2001:0:7f00:1::]",
    "[2001:0000:4136:e378:8000:63bf:80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[::1%25lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "169.254.169.254",
    "169.254.1.1",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "127.0.0.1%2eexample.com",
]
SHAPES = [
    "http://example.com@127.0.0.1:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://example.com\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}?@example.com",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "\thttp://127.0.0.1:{port}/",
    "ht\ntp://127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1:{port}\r\nHost: x/",
    "HTTP://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "unix:///tmp/socket",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://[::ffff:127.0.0.1%25x]:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://127.0.0.1 :{port}/",
    "http://:{port}/",
    "http://.:{port}/",
    "http://" + "a." * 500 + "com/",
    "http://[/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:-1/",
    "",
    "x" * 5000,
]


@pytest.fixture
def urls(receiver):
    return [f"http://{host}:{receiver.port}/" for host in HOSTS] + [
        shape.format(port=receiver.port) for shape in SHAPES
    ]


def test_no_spelling_of_a_private_address_reaches_it(app, receiver, urls, monkeypatch):
    monkeypatch.setattr(outbound, "TIMEOUT", 3.0)
    with app.app_context():
        for url in urls:
            with pytest.raises(DeliveryFailed) as failure:
                outbound.post(url, body=b"{}", headers={})
            assert failure.value.code in ("address", "settings", "unknown_host", "timeout"), (url, failure.value.code)
    hits = len(receiver.requests)
    record_figure("webhook addresses tried", len(urls), ">= 100", ok=len(urls) >= 100)
    record_figure("hits on the loopback canary", hits, "0", ok=hits == 0)
    assert hits == 0
    assert len(urls) >= 100


def test_the_canary_itself_works(app, receiver):
    import ipaddress

    with app.app_context():
        answer = outbound.post(receiver.url, body=b"{}", headers={}, allowed=[ipaddress.ip_network("127.0.0.0/8")])
    assert answer.status == 200
    assert len(receiver.requests) == 1


def test_a_resolver_that_changes_its_answer_changes_nothing(app, receiver, monkeypatch):
    """The name is asked once per try; the connection goes to an address that was checked, never to a fresh answer."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) % 2 == 0 else ["192.0.2.1" if False else "203.0.114.7"]

    connected = []

    def connect(address, *args, **kwargs):
        connected.append(address[0])
        raise OSError("no network in this test")

    monkeypatch.setattr(outbound, "resolve", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)
    with app.app_context():
        for _try in range(20):
            with pytest.raises(DeliveryFailed):
                outbound.post(f"http://rebind.example:{receiver.port}/", body=b"{}", headers={})
    assert len(asked) == 20
    assert set(connected) == {"203.0.114.7"}
    assert receiver.requests == []


def test_one_private_address_among_public_ones_refuses_the_name(app, receiver, monkeypatch):
    monkeypatch.setattr(outbound, "resolve", lambda host, port: ["8.8.8.8", "127.0.0.1"])
    with app.app_context(), pytest.raises(DeliveryFailed) as failure:
        outbound.post(f"http://both.example:{receiver.port}/", body=b"{}", headers={})
    assert failure.value.code == "address"
    assert receiver.requests == []


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_may_be_called(address):
    assert outbound.is_reachable(address)


def test_an_allowed_network_opens_only_itself_and_never_the_clouds_credentials():
    import ipaddress

    allowed = [ipaddress.ip_network("10.1.0.0/16")]
    assert outbound.is_reachable("10.1.2.3", allowed)
    assert outbound.is_reachable("::ffff:10.1.2.3", allowed)
    assert not outbound.is_reachable("10.2.0.1", allowed)
    everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    assert not outbound.is_reachable("169.254.169.254", everything)
    assert not outbound.is_reachable("::ffff:169.254.169.254", everything)


def test_the_certificate_is_checked_against_the_name(app, monkeypatch, tmp_path):
    """A receiver with a certificate of its own making is not trusted."""
    import datetime
    import ipaddress
    import ssl
    import threading

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hook.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(file)
    names: list[str | None] = []
    server_context.sni_callback = lambda _socket, sni, _context: names.append(sni)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _connection in range(3):
            try:
                peer, _address = listener.accept()
                with server_context.wrap_socket(peer, server_side=True) as stream:
                    # What is closed before all was read is reset, and the answer may be lost with it.
                    asked = stream.recv(4096)
                    while asked and not asked.endswith(b"{}"):
                        asked += stream.recv(4096)
                    stream.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr(outbound, "resolve", lambda host, port: ["127.0.0.1"])
    allowed = [ipaddress.ip_network("127.0.0.0/8")]
    port = listener.getsockname()[1]
    with app.app_context():
        with pytest.raises(DeliveryFailed) as failure:
            outbound.post(f"https://hook.example:{port}/", body=b"{}", headers={}, allowed=allowed)
        assert failure.value.code == "certificate"
        monkeypatch.setattr(outbound, "_tls", lambda: ssl.create_default_context(cafile=str(file)))
        assert outbound.post(f"https://hook.example:{port}/", body=b"{}", headers={}, allowed=allowed).status == 204
        with pytest.raises(DeliveryFailed):
            outbound.post(f"https://other.example:{port}/", body=b"{}", headers={}, allowed=allowed)
    listener.close()
    assert names[0] == "hook.example", "the name, not the address, stands in the TLS greeting"
