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
from webqq.gateway.pagefiles import WEB, PageFiles
from webqq.protocol.calls import LoginPageResult
from webqq.protocol.flavour import Flavour
from webqq.protocol.jsontext import serialize_json

__all__ = ["UnknownHandler", "page_routes"]

_log = logging.getLogger(__name__)

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

_FOR_GOOD = "public, max-age=31536000, immutable"

# The empty pages that logins of old clients end at.
_PROXY_PAGES = ("/proxy.html", "/cfproxy.html", "/loginproxy.html", "/web2_cookie_proxy.html")

# What the service's pages reported their times and clicks to. Some clients do so too, and stop where they cannot.
_BEACONS = ("/w.cgi", "/pingd", "/report/report", "/cgi-bin/report")

# The versions of the login page, of 2012 and of later. There are clients that give up a login without them.
_VERSIONS = {
    "/cgi-bin/ver": "ptuiV(201205211530);",
    "/ptui_ver.js": f'ptuiV("{LoginPageResult(login_sig="").pt_version}");',
}

# Where clients of 2015 begin.
_LOGIN_FRAME = "/login.html"


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


class StartPageHandler(_Handler):
    """The chat page's first file, which names the version of all others. A browser asks each time for it."""

    asked = Asked("page")

    def initialize(self, page: PageFiles) -> None:
        self._page = page

    def get(self) -> None:
        """The page is the same for everybody."""
        self.set_header("Content-Type", _PAGE_TYPES[".html"])
        self.set_header("Cache-Control", "no-cache")
        self.finish(self._page.index)

    head = get

    def post(self) -> None:
        """There is no call of that name."""
        raise HTTPError(404, reason="there is no such call")


class PageHandler(_Handler, StaticFileHandler):
    """The chat page's files. Those of the present version a browser may keep."""

    asked = Asked("page")

    def initialize(self, path: str, version: str) -> None:  # type: ignore[override]  # as the rules below say
        super().initialize(path)
        self._version = version

    def set_extra_headers(self, path: str) -> None:
        """Instead of the no-store of calls."""
        is_present = self.path_kwargs.get("version") == self._version
        self.set_header("Cache-Control", _FOR_GOOD if is_present else "no-cache")

    async def get(self, path: str, include_body: bool = True, version: str = "") -> None:
        """Any version is the present one."""
        await super().get(path, include_body)

    async def head(self, path: str, version: str = "") -> None:
        """As ``get``."""
        await self.get(path, include_body=False)

    def get_content_type(self) -> str:
        """Return the type of a file of the page."""
        return _PAGE_TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")

    def post(self, *args: str, **kwargs: str) -> None:
        """There is no call of that name."""
        raise HTTPError(404, reason="there is no such call")


class ProxyPageHandler(_Handler):
    """An empty page: clients open it and look at its cookies at most."""

    def get(self) -> None:
        """Nothing to say."""
        self.finish("<!DOCTYPE html><title></title>")


class LoginFrameHandler(_Handler):
    """The page whose frame SmartQQ's login stood in: clients of 2015 look there for the address of the login page."""

    def get(self) -> None:
        """The address ends in the number that these clients add a digit to."""
        address = Flavour.SMARTQQ_2016.ptlogin_referer
        script = f'document.getElementById("fr").src = "{address}";'
        self.finish(f'<!DOCTYPE html><title></title><iframe id="fr"></iframe><script>{script}</script>')


class BeaconHandler(_Handler):
    """Takes a report and forgets it."""

    asked = Asked("beacon")

    def get(self) -> None:
        """Nothing to say."""
        self.finish()


class VersionHandler(_Handler):
    """A script that tells a version."""

    asked = Asked("version")

    def get(self) -> None:
        """Always the same one."""
        self.set_header("Content-Type", Media.SCRIPT.value)
        self.finish(_VERSIONS[self.request.path])


class UnknownHandler(_Handler):
    """Any other path."""

    def prepare(self) -> None:
        """There is none."""
        raise HTTPError(404, reason="there is no such call")


def page_routes() -> list[Rule]:
    """Return Tornado's rules."""
    rules = [Rule(PathMatches(re.escape(path)), ProxyPageHandler, {}) for path in _PROXY_PAGES]
    rules += [Rule(PathMatches(re.escape(path)), VersionHandler, {}) for path in _VERSIONS]
    rules.append(Rule(PathMatches(re.escape(_LOGIN_FRAME)), LoginFrameHandler, {}))
    rules += [Rule(PathMatches(re.escape(path)), BeaconHandler, {}) for path in _BEACONS]
    page = PageFiles(WEB)
    files = r"/(?:(?P<version>[0-9a-f]{16})/)?(?P<path>(?:[\w-]+/)*[\w-]+\.(?:css|html|js|svg))"
    rules += [Rule(PathMatches(path), StartPageHandler, {"page": page}) for path in ("/", "/index.html")]
    return [*rules, Rule(PathMatches(files), PageHandler, {"path": str(WEB), "version": page.version})]
