"""Real engines for tests, each in a folder of its own: Debian's PostgreSQL, Chroma's server, SeaweedFS for S3."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import free_port

PASSWORD = "sesame-3f"
_BINARIES = Path("/usr/lib/postgresql")
_START_S = 60.0


def postgres_programs() -> Path | None:
    """Where the newest PostgreSQL's programs are; None where there is none."""
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """A cluster of its own; never as root, which PostgreSQL refuses."""

    def __init__(self) -> None:
        programs = postgres_programs()
        assert programs is not None
        self._programs = programs
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="reprise-postgres-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, "postgres")
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "owner", "--pwfile", str(secret),
            "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        self.start()

    def url(self, database: str = "postgres", user: str = "owner", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = f"-p {self.port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-l",
            str(self.folder / "log"),
            "-w",
            "-o",
            options,
            "start",
        )

    def stop(self, how: str = "immediate") -> None:
        """End it: "immediate" is like a loss of power."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "stop")

    def make(self, database: str) -> str:
        """A new database; its address."""
        self.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def execute(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            timeout=_START_S,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._user,
        )


class ChromaServer:
    """`chroma run`, as a user would start it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        self._process = subprocess.Popen(
            [
                str(program),
                "run",
                "--path",
                str(self._folder / "store"),
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise TimeoutError("chroma did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class S3Server:
    """SeaweedFS, which speaks as S3 does: its program comes as a Python package."""

    url = "s3://music/of/mine"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        names = ("master", "volume", "filer", "s3")
        self._ports = {each: free_port() for name in names for each in (f"{name}.port", f"{name}.port.grpc")}
        self._process: subprocess.Popen[bytes] | None = None
        may = {
            "name": "reprise",
            "credentials": [{"accessKey": "reprise", "secretKey": PASSWORD}],
            "actions": ["Admin"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [may]}))
        (folder / "data").mkdir()
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        """What those who come have to say."""
        return {
            "AWS_ACCESS_KEY_ID": "reprise",
            "AWS_SECRET_ACCESS_KEY": PASSWORD,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    def start(self) -> None:
        ports = [f"-{name}={port}" for name, port in self._ports.items()]
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("weed")), "server", "-dir=data", "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1", "-filer", "-s3", "-s3.config=s3.json", "-volume.max=64",
                "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
                # a master that comes back waits for others before it leads: there are none
                "-master.electionTimeout=500ms", "-master.heartbeatInterval=100ms",
                "-s3.port.iceberg=0", "-s3.port.lance=0", *ports,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._folder,
        )  # fmt: skip
        log.close()
        self._wait()

    def _wait(self) -> None:
        """Until something can be kept: its parts find each other one by one."""
        import obstore
        from obstore.store import S3Store

        store = S3Store(
            "music",
            endpoint=self.endpoint,
            access_key_id="reprise",
            secret_access_key=PASSWORD,
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )
        until = time.monotonic() + 2 * _START_S
        while True:
            try:
                obstore.put(store, "ready", b"")
            except obstore.exceptions.BaseError:
                assert self._process is not None
                log = (self._folder / "log").read_text("utf-8", "replace")[-2000:]
                assert self._process.poll() is None and time.monotonic() < until, f"SeaweedFS: {log}"
                time.sleep(0.2)
            else:
                return

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
