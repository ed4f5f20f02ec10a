"""What an import loads. A program pays for it at each start, so what only an option needs waits until it is used."""

import subprocess
import sys

import pytest

from tests.house.tree import ROOT

LOADED = "\nimport sys\nprint('\\n'.join(sys.modules))"

# What an option of a stream or of a request brings with it; the rest of the package comes with the names asked for.
OPTIONAL = {
    *("asynchttpclient", "audit", "auth", "body", "cookiefile", "cookies", "digest", "environment", "events", "jar"),
    *("netrc_file", "proxy", "rate", "retry", "setcookie", "sse", "supervise", "tls", "upload"),
}
# What those modules would bring.
DEAR = {
    *("brotli", "encodings.idna", "hmac", "http.cookiejar", "http.cookies", "mimetypes", "netrc", "platform"),
    *("secrets", "tornado.httpclient", "tornado.iostream", "tornado.netutil", "zstandard"),
}


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", statement + LOADED], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_the_stream_alone_loads_nothing_that_only_an_option_needs():
    # What the interpreter loads by itself, as for an editable install, is not the package's.
    loaded = loaded_by("from webqq.httpstream import HTTPStream") - loaded_by("pass")
    assert "webqq.httpstream.stream" in loaded
    assert loaded & (DEAR | {f"webqq.httpstream.{name}" for name in OPTIONAL}) == set()


def test_the_bare_package_loads_no_engine():
    loaded = loaded_by("import webqq")
    assert "webqq" in loaded
    assert {name for name in loaded if name.split(".")[0] == "tornado" or name.startswith("webqq.")} == set()


@pytest.mark.parametrize(
    ("command", "floors"),
    [
        ("webqq.cli", set()),
        ("webqq.cli.gateway", {"gateway", "storage"}),
        ("webqq.cli.account", {"gateway", "storage"}),
    ],
)
def test_a_command_loads_the_floors_that_it_works_with_alone(command, floors):
    loaded = {name.split(".")[1] for name in loaded_by(f"import {command}") if name.startswith("webqq.")}
    assert loaded - {"cli", "protocol"} == floors


@pytest.mark.parametrize(
    ("use", "module"),
    [
        ("HTTPStream(proxy='http://127.0.0.1:1')", "proxy"),
        ("HTTPStream(proxy='environment')", "environment"),
        ("HTTPStream(auth=('user', 'password'))", "auth"),
        ("HTTPStream().audit()", "audit"),
        ("HTTPSock().sessions", "tls"),
    ],
)
def test_an_option_loads_its_module_when_it_is_used(use, module):
    statement = (
        f"import warnings; warnings.simplefilter('ignore')\nfrom webqq.httpstream import HTTPSock, HTTPStream\n{use}"
    )
    assert f"webqq.httpstream.{module}" in loaded_by(statement)
