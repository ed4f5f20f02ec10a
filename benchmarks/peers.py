"""Who is measured, what has to be installed for it, and how that went."""

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["IMPORTS", "PEERS", "Kind", "Peer", "install", "version_of"]

Kind = str
OURS, PEER, BOUND, REFERENCE = "ours", "peer", "bound", "reference"


@dataclass(frozen=True)
class Peer:
    """A library in one way of use."""

    name: str
    """As the tables have it."""
    module: str
    """``benchmarks.clients.MODULE``, or for :data:`IMPORTS` the statement to run."""
    variant: str = ""
    kind: Kind = PEER
    """``peer``; ``bound``: not an HTTP client to choose, but what one might come near to; ``reference``: one request
    at a time."""
    requires: tuple[str, ...] = ()
    """Names on PyPI, the library's own first."""
    slowness: int = 1
    """It does so many times fewer requests than the others, so that a round stays short."""


PEERS = (
    Peer("webqq, callbacks", "ours", "callbacks", OURS),
    Peer("webqq, fetch", "ours", "fetch", OURS),
    Peer("webqq, callbacks, uvloop", "ours", "callbacks-uvloop", OURS, ("uvloop",)),
    Peer("webqq, fetch, uvloop", "ours", "fetch-uvloop", OURS, ("uvloop",)),
    Peer("aiohttp", "aiohttp", requires=("aiohttp",)),
    Peer("aiohttp, uvloop", "aiohttp", "uvloop", requires=("aiohttp", "uvloop")),
    Peer("pyreqwest", "pyreqwest", requires=("pyreqwest",)),
    Peer("geventhttpclient", "geventhttpclient", requires=("geventhttpclient",)),
    Peer("aiosonic", "aiosonic", requires=("aiosonic",)),
    Peer("Tornado, simple client", "tornado", "simple", slowness=4),
    Peer("Tornado, curl client", "tornado", "curl", requires=("pycurl",), slowness=2),
    Peer("httpx", "httpx", requires=("httpx",), slowness=20),
    Peer("bare libcurl (pycurl)", "pycurl", kind=BOUND, requires=("pycurl",)),
    Peer("the limit (epoll, no parser)", "limit", kind=BOUND),
    Peer("urllib3, one at a time", "blocking", "urllib3", REFERENCE, ("urllib3",), slowness=4),
    Peer("urllib, one at a time", "blocking", "urllib", REFERENCE, slowness=4),
)

IMPORTS = (
    Peer("import webqq", "import webqq", kind=OURS),
    Peer("from webqq.httpstream import HTTPStream", "from webqq.httpstream import HTTPStream", kind=OURS),
    Peer("import tornado.httpclient", "import tornado.httpclient"),
    Peer("import aiohttp", "import aiohttp", requires=("aiohttp",)),
    Peer("import httpx", "import httpx", requires=("httpx",)),
    Peer("import aiosonic", "import aiosonic", requires=("aiosonic",)),
    Peer("import pyreqwest.client", "import pyreqwest.client", requires=("pyreqwest",)),
    Peer("import geventhttpclient", "import geventhttpclient", requires=("geventhttpclient",)),
    Peer("import urllib3", "import urllib3", requires=("urllib3",)),
)


def version_of(name: str) -> str | None:
    """Of an installed package; None where it is not."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def requirements(peers: Iterable[Peer]) -> list[str]:
    return sorted({name for peer in peers for name in peer.requires})


def install(peers: Iterable[Peer]) -> Mapping[str, str]:
    """Install what is missing, each by itself, so that none takes another along; why each that failed did."""
    failures = {}
    for name in requirements(peers):
        if version_of(name) is None:
            done = subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                failures[name] = _reason(done.stderr)
    return failures


def _reason(said: str) -> str:
    errors = re.findall(r"(?m)^ *(?:ERROR|error): *(.+)$", said)
    return f"pip: {errors[0][:200]}" if errors else "pip could not install it"
