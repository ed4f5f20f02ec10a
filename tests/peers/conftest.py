"""The peers, each started when a test first asks for it."""

import getpass
import os
import ssl
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.httpstream.certificates import make_certificate
from tests.peers.process import Peer, find, lines, peer
from webqq.testing import Answer, ScriptedServer
from webqq.testing.received import ReceivedRequest

LARGE = 20_000_000
"""Bytes of the file ``large.bin`` that nginx serves."""

HTTPBIN = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
from httpbin import app
from tornado.httpserver import HTTPServer
from tornado.wsgi import WSGIContainer
from werkzeug.serving import WSGIRequestHandler, make_server

class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def make_environ(self):
        # httpbin takes chunked requests from no other server.
        return super().make_environ() | {"SERVER_SOFTWARE": "gunicorn/0"}

async def keep(port):
    HTTPServer(WSGIContainer(app, ThreadPoolExecutor(20))).listen(port, "127.0.0.1")
    await asyncio.Event().wait()

threading.Thread(target=asyncio.run, args=[keep(int(sys.argv[1]))], daemon=True).start()
make_server("127.0.0.1", int(sys.argv[2]), app, threaded=True, request_handler=Handler).serve_forever()
"""
"""One server that keeps its connections, and one that ends them and sends bodies while they come."""

NGINX = """
error_log error.log info;
pid nginx.pid;
worker_processes 1;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log access.log;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    root {folder}/files;
    types {{ text/plain txt; application/octet-stream bin; }}
    gzip on; gzip_min_length 1; gzip_types text/plain; gzip_static on;

    server {{
        listen 127.0.0.1:{plain};
        listen unix:{folder}/nginx.sock;
        server_name localhost;
        location /connection {{ return 200 "$connection $connection_requests"; }}
        location /told {{ return 200 "$request_method $content_length $http_transfer_encoding $host"; }}
        location /upload {{
            client_max_body_size 50m;
            proxy_request_buffering on;
            proxy_pass http://127.0.0.1:{plain}/told;
        }}
        location /small {{ client_max_body_size 1k; proxy_pass http://127.0.0.1:{plain}/told; }}
        location /slow {{ alias {folder}/files; limit_rate 400k; }}
        location /trailed {{ alias {folder}/files; add_trailer X-Sum abc always; }}
        location /moved {{ return 301 /connection; }}
        location /close {{ keepalive_timeout 0; return 200 closed; }}
        location /nothing {{ return 444; }}
        location /empty {{ return 204; }}
    }}
    server {{
        listen 127.0.0.1:{dying};
        keepalive_requests 3;
        location / {{ return 200 "$connection $connection_requests"; }}
        location /echo {{ proxy_pass http://127.0.0.1:{plain}/told; }}
    }}
    server {{
        listen 127.0.0.1:{brief};
        keepalive_timeout 1s;
        keepalive_time 1s;
        location / {{ return 200 "$connection $connection_requests"; }}
    }}
    server {{
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        ssl_session_cache shared:tls:1m;
        keepalive_requests 3;
        location / {{ return 200 "$ssl_session_reused $ssl_protocol $connection $connection_requests"; }}
        location /files {{ alias {folder}/files; }}
    }}
}}
"""

SQUID = """
http_port 127.0.0.1:{open} name=open
http_port 127.0.0.1:{closed} name=closed
acl open myportname open
auth_param basic program {helper}
auth_param basic children 2 startup=1
auth_param basic realm peers
acl known proxy_auth REQUIRED
http_access allow open
http_access allow known
http_access deny all
cache deny all
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
cache_store_log none
pid_filename none
netdb_filename none
pinger_enable off
coredump_dir {folder}
visible_hostname localhost
shutdown_lifetime 0 seconds
connect_timeout 5 seconds
"""

SQUID_HELPER = """#!/bin/sh
while read -r given; do
    case "$given" in
        "user secret:/" | "user secret%3A%2F" | "user secret%3a%2f") echo OK ;;
        *) echo ERR ;;
    esac
done
"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A failed test shows what the peers wrote that it used."""
    report = yield
    if report.failed:
        used = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Peer)]
        report.sections.extend((f"log of {one.name}", one.log) for one in used)
    return report


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "localhost")


@pytest.fixture(scope="session")
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """Trusts what is called localhost here."""
    context = ssl.create_default_context(cafile=str(certificate[0]))
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


# Origins for the proxies: their own server shows what reached it.


def told(request: ReceivedRequest) -> Answer:
    """Method and body of a request, for any path but that of an error."""
    return Answer(200, b"%b %b" % (request.method.encode(), request.body), {"X-Path": request.path})


@pytest.fixture
def origin() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        server.on("/", told, repeat=True)
        yield server


@pytest.fixture
def tls_origin(certificate: tuple[Path, Path]) -> Iterator[ScriptedServer]:
    with ScriptedServer(tls=certificate) as server:
        server.on("/", told, repeat=True)
        yield server


# Servers.


@pytest.fixture(scope="session")
def httpbin() -> Iterator[Peer]:
    pytest.importorskip("httpbin")
    with peer("httpbin") as one:
        script = one.write("serve.py", HTTPBIN)
        with one.running(sys.executable, "-W", "ignore", script, str(one.port()), str(one.port("closing"))):
            yield one


@pytest.fixture(scope="session")
def nginx(certificate: tuple[Path, Path]) -> Iterator[Peer]:
    program = find("nginx")
    with peer("nginx") as one:
        files = one.folder / "files"
        files.mkdir()
        (files / "page.txt").write_text("a page\n" * 1000)
        (files / "large.bin").write_bytes(bytes(range(256)) * (LARGE // 256))
        user = f"user {getpass.getuser()};" if os.getuid() == 0 else ""
        ports = {name: one.port(name) for name in ("plain", "dying", "brief", "tls")}
        text = NGINX.format(folder=one.folder, user=user, certificate=certificate[0], key=certificate[1], **ports)
        conf = one.write("nginx.conf", text)
        with one.running(program, "-p", f"{one.folder}/", "-c", conf, "-e", "error.log", "-g", "daemon off;"):
            yield one


# Proxies.


@pytest.fixture(scope="session")
def squid() -> Iterator[Peer]:
    program = find("squid")
    with peer("squid") as one:
        helper = one.write("helper.sh", SQUID_HELPER, 0o755)
        ports = {name: one.port(name) for name in ("open", "closed")}
        conf = one.write("squid.conf", SQUID.format(folder=one.folder, helper=helper, **ports))
        with one.running(program, "-N", "-f", conf):
            yield one


@pytest.fixture(scope="session")
def tinyproxy() -> Iterator[Peer]:
    program = find("tinyproxy")
    with peer("tinyproxy") as one:
        text = lines(
            f"Port {one.port()}",
            "Listen 127.0.0.1",
            "Timeout 20",
            "BasicAuth user secret",
            "LogLevel Info",
            "DisableViaHeader Yes",
        )
        with one.running(program, "-d", "-c", one.write("tinyproxy.conf", text)):
            yield one


@pytest.fixture(scope="session")
def stunnel(tinyproxy: Peer, certificate: tuple[Path, Path]) -> Iterator[Peer]:
    """TLS in front of tinyproxy: together they are a proxy that is spoken to over TLS."""
    program = find("stunnel4", "stunnel")
    with peer("stunnel") as one:
        text = lines(
            "foreground = yes",
            "pid =",
            "debug = info",
            "[proxy]",
            f"accept = 127.0.0.1:{one.port()}",
            f"connect = 127.0.0.1:{tinyproxy.port()}",
            f"cert = {certificate[0]}",
            f"key = {certificate[1]}",
        )
        with one.running(program, one.write("stunnel.conf", text)):
            yield one


@pytest.fixture(scope="session")
def microsocks() -> Iterator[Peer]:
    program = find("microsocks")
    with peer("microsocks") as one, one.running(program, "-i", "127.0.0.1", "-p", str(one.port())):
        yield one


@pytest.fixture(scope="session")
def closed_microsocks() -> Iterator[Peer]:
    """One that wants to know who asks."""
    program = find("microsocks")
    with peer("microsocks") as one:
        command = [program, "-i", "127.0.0.1", "-p", str(one.port()), "-u", "user", "-P", "secret"]
        with one.running(*command):
            yield one


@pytest.fixture(scope="session")
def dante() -> Iterator[Peer]:
    program = find("danted", "sockd")
    with peer("dante") as one:
        me = getpass.getuser()
        text = lines(
            "logoutput: stderr",
            f"internal: 127.0.0.1 port = {one.port()}",
            "external: 127.0.0.1",
            "clientmethod: none",
            "socksmethod: none",
            [f"user.{kind}: {me}" for kind in ("privileged", "unprivileged")] if os.getuid() == 0 else [],
            "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }",
            "socks block { from: 0.0.0.0/0 to: 127.0.0.99/32 }",
            "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 protocol: tcp }",
        )
        with one.running(program, "-f", one.write("danted.conf", text)):
            yield one
