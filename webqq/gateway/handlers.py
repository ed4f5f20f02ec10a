"""The chat page's files, and whatever else is no call of the protocol."""

import logging
import re
from pathlib import Path
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.routing import PathMatches, Rule
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from webqq.gateway.accesslog import Asked
from webqq.gateway.calls import Media
from webqq.protocol.jsontext import serialize_json

__all__ = ["UnknownHandler", "page_routes"]

_log = logging.getLogger(__name__)

_WEB = Path(__file__).with_name("web")

# What the page is made of, and nothing else: no script or style in the text, nothing from elsewhere, in no frame.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

# The system's table of types may lack or misname some, and a browser is told not to guess.
_PAGE_TYPES = {
    ".css": "text/css; charset=UTF-8",
    ".html": "text/html; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
    ".svg": "image/svg+xml",
}

# The empty pages that logins of old clients end at.
_PROXY_PAGES = ("/proxy.html", "/cfproxy.html", "/loginproxy.html")


class _Handler(RequestHandler):
    """What all answers share."""

    asked = Asked("unknown")
    """For the log; of one's own where there is something to tell."""

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Content-Security-Policy", _CONTENT_POLICY)
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """An error outside the protocol, as JSON that says no more than its status does."""
        self.set_header("Content-Type", Media.JSON.value)
        self.finish(serialize_json({"retcode": status_code, "errmsg": self._reason}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Without the request's address; and a client that went away, or asked for what is not, is no event."""
        if not isinstance(value, StreamClosedError | HTTPError):
            _log.error("%s %s failed", self.request.method, self.request.path, exc_info=(typ, value, tb))


class PageHandler(_Handler, StaticFileHandler):
    """The chat page's files. A browser asks each time whether they are still the same."""

    asked = Asked("page")

    def set_extra_headers(self, path: str) -> None:
        """Instead of the no-store of calls."""
        self.set_header("Cache-Control", "no-cache")

    def get_content_type(self) -> str:
        """Return the type of a file of the page."""
        return _PAGE_TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")

    def post(self, *args: str) -> None:
        """There is no call of that name."""
        raise HTTPError(404, reason="there is no such call")


class ProxyPageHandler(_Handler):
    """An empty page: clients open it and look at its cookies at most."""

    def get(self) -> None:
        """Nothing to say."""
        self.finish("<!DOCTYPE html><title></title>")


class UnknownHandler(_Handler):
    """Any other path."""

    def prepare(self) -> None:
        """There is none."""
        raise HTTPError(404, reason="there is no such call")


def page_routes() -> list[Rule]:
    """Return Tornado's rules."""
    rules = [Rule(PathMatches(re.escape(path)), ProxyPageHandler, {}) for path in _PROXY_PAGES]
    page = {"path": str(_WEB), "default_filename": "index.html"}
    pages = (r"/()", r"/((?:[\w-]+/)*[\w-]+\.(?:css|html|js|svg))")
    return [*rules, *(Rule(PathMatches(path), PageHandler, page) for path in pages)]
