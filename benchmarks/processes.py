"""Starts the servers and the measured clients, each as a process of its own, and ends them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["ROOT", "Addresses", "ClientFailed", "Servers", "make_certificate", "measure", "start"]

ROOT = Path(__file__).resolve().parents[1]
SMALL = r"{\"retcode\": 0}"
STARTED_WITHIN = 10.0

NGINX = """
worker_processes 1;
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log crit;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    sendfile on;
    default_type application/json;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_session_cache shared:bench:1m;
    server {{
        listen 127.0.0.1:{plain} backlog=4096;
        listen 127.0.0.1:{tls} ssl backlog=4096;
        location = /small {{ return 200 "{small}"; }}
        location = /fresh {{ keepalive_timeout 0; return 200 "{small}"; }}
        location /body/ {{ alias {folder}/bodies/; }}
    }}
}}
"""


class ClientFailed(Exception):
    """A measured client gave no result; the text is the last it said."""


@dataclass(frozen=True)
class Addresses:
    """Where the servers are."""

    web: str
    """``nginx`` or ``the bundled server``."""
    http: str
    https: str
    polls: str
    polls_tls: str
    control: str
    authority: str
    """The certificate file to trust."""


class Servers:
    """A context: nginx, or the bundled server in its place, and the server of polls."""

    def __init__(self, body_sizes: tuple[int, ...], *, with_nginx: bool = True) -> None:
        self.body_sizes = body_sizes
        self.nginx = find_nginx() if with_nginx else None
        self.stack = ExitStack()

    def __enter__(self) -> Addresses:
        # Readable for nginx's user; not in memory, for the larger bodies.
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            make_certificate(self.folder)
            return self._start()
        except BaseException:
            self.stack.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stack.close()

    def _start(self) -> Addresses:
        polls = self.stack.enter_context(start("benchmarks.server", self.folder))
        web = polls if self.nginx is None else self._start_nginx(self.nginx)
        return Addresses(
            web="the bundled server" if self.nginx is None else nginx_version(self.nginx),
            http=f"http://127.0.0.1:{web['plain']}",
            https=f"https://127.0.0.1:{web['tls']}",
            polls=f"http://127.0.0.1:{polls['plain']}/poll",
            polls_tls=f"https://127.0.0.1:{polls['tls']}/poll",
            control=f"127.0.0.1:{polls['control']}",
            authority=str(self.folder / "ca.pem"),
        )

    def _start_nginx(self, nginx: str) -> dict[str, int]:
        (self.folder / "bodies").mkdir()
        for size in self.body_sizes:
            with (self.folder / "bodies" / str(size)).open("wb") as file:
                file.truncate(size)
        ports = dict(zip(("plain", "tls"), free_ports(2), strict=True))
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder, small=SMALL, **ports))
        server = subprocess.Popen(
            [nginx, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"],
            stderr=(self.folder / "stderr").open("wb"),
        )
        self.stack.callback(_end, server)
        give_up = time.monotonic() + STARTED_WITHIN
        while not answers(ports["tls"]):
            if server.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("nginx does not start: " + (self.folder / "stderr").read_text())
            time.sleep(0.02)
        return ports


@contextmanager
def start(module: str, folder: Path) -> Iterator[dict[str, int]]:
    """A server of ours with the certificate in ``folder``: the ports that it says it has."""
    server = subprocess.Popen(
        [sys.executable, "-m", module, "--cert", folder / "cert.pem", "--key", folder / "key.pem"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        yield json.loads(server.stdout.readline())
    finally:
        _end(server)


def _end(server: "subprocess.Popen[Any]") -> None:
    for stream in (server.stdin, server.stdout):
        if stream:
            stream.close()
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def find_nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def nginx_version(nginx: str) -> str:
    said = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=False).stderr
    return said.partition("version: ")[2].strip().replace("/", " ") or "nginx"


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def make_certificate(folder: Path) -> None:
    """``ca.pem``, and ``cert.pem`` with ``key.pem`` for 127.0.0.1 that it signed; of P-256 keys, as most sites have."""

    def openssl(*arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError("openssl: " + done.stderr.strip().rpartition("\n")[2])

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req",
        "-x509",
        *key,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=bench",
        "-days",
        "30",
        "-addext",
        "keyUsage=critical,keyCertSign",
    )
    openssl("req", *key, "-keyout", "key.pem", "-out", "cert.csr", "-subj", "/CN=localhost")
    (folder / "extensions").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
    )
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "extensions")
    openssl("x509", "-req", "-in", "cert.csr", "-out", "cert.pem", *signing)


def measure(
    module: str, variant: str, case: str, arguments: list[str], authority: str, seconds: float = 300
) -> dict[str, float]:
    """What one client says of one case. Raises :class:`ClientFailed`."""
    command = [sys.executable, "-m", f"benchmarks.clients.{module}", case, "--variant", variant, *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "SSL_CERT_FILE": authority},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ClientFailed(f"no result within {seconds:.0f} s") from None
    if "--profile" in arguments:
        sys.stderr.write(done.stderr)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines()
        raise ClientFailed(said[-1][:300] if said else f"ended with code {done.returncode} and no result")
    result: dict[str, float] = json.loads(lines[-1])
    return result
