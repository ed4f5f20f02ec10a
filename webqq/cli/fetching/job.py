"""All that was asked for, and what it means to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import Request

from webqq.cli.fetching.targets import Target
from webqq.httpstream import ProxyRules, RateLimit, Retry, Timeouts
from webqq.httpstream.auth import AuthOption
from webqq.httpstream.proxy import Proxy
from webqq.httpstream.tls import TLSOptions

__all__ = ["Job"]


@dataclass(frozen=True, slots=True)
class Job:
    """``files`` are paths with URLs in their lines, ``-`` for standard input; ``folder`` None: keep no bodies."""

    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    concurrency: int = 20
    per_host: int | None = None
    rate: RateLimit | None = None

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    """Whatever may be the data of a request."""
    auth: AuthOption = None
    cookiejar: CookieJar | None = None

    folder: Path | None = None
    resume: bool = True
    update: bool = False
    head: bool = False
    """Show the head of the answer."""
    json: bool = False
    summary: Path | None = None
    """Where to write the summary as JSON."""
    quiet: bool = False

    retries: int = 0
    redirects: int = 10
    decompress: bool = True
    timeouts: Timeouts = field(default_factory=Timeouts)
    proxy: Proxy | ProxyRules | None = None
    tls: TLSOptions | None = None
    unix_socket: str | None = None

    @property
    def is_single(self) -> bool:
        """Whether there is one URL, and everybody knows that."""
        return len(self.urls) == 1 and not self.files

    @property
    def is_printed(self) -> bool:
        """Whether standard output gets the body."""
        return self.is_single and self.folder is None and not self.json

    @property
    def is_resumable(self) -> bool:
        """Whether a file may be continued: the same must come twice, and the ranges be ours."""
        return self.resume and self.method == "GET" and not self._names & {"range", "if-range", "accept-encoding"}

    @property
    def asks_for_range(self) -> bool:
        """Whether the user wants a part of each body, and knows it."""
        return "range" in self._names

    @property
    def _names(self) -> set[str]:
        return {name.lower() for name in self.headers}

    @property
    def stream_options(self) -> dict[str, Any]:
        """Keyword arguments of the stream: all that is the same for each request."""
        return {
            "max_per_host": self.per_host,
            "cookiejar": self.cookiejar,
            "rate_limit": self.rate,
            "stream": True,
            "redirects": self.redirects,
            "decompress": self.decompress,
            "timeout": self.timeouts,
            "proxy": self.proxy,
            "tls": self.tls,
            "auth": self.auth,
            "unix_socket": self.unix_socket,
        }

    def make_request(self, target: Target, headers: Mapping[str, str]) -> Request:
        """The request for ``target``, with ``headers`` beside those that were asked for."""
        return Request(target.url, self.data, {**headers, **self.headers}, method=self.method)

    def make_retry(self, failures: int) -> Retry | None:
        """What is left of the retries after ``failures``."""
        left = self.retries - failures
        return Retry(attempts=1 + left) if left > 0 else None
