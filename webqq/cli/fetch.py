"""``webqq fetch``: many URLs at once, from the shell."""

import asyncio
import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import click

import webqq
from webqq.cli.fetching.bar import Progress
from webqq.cli.fetching.feed import count_lines
from webqq.cli.fetching.job import Job
from webqq.cli.fetching.pipes import read_pieces
from webqq.cli.fetching.screen import Screen
from webqq.cli.fetching.words import parse_data, parse_form, parse_headers, parse_rate
from webqq.cli.fetching.work import fetch_all
from webqq.httpstream import (
    Basic,
    Digest,
    InvalidRequest,
    Netrc,
    Proxy,
    ProxyRules,
    RFC6265CookieJar,
    Timeouts,
    TLSOptions,
    load_cookies,
    save_cookies,
    tls_options,
)

if TYPE_CHECKING:
    from webqq.httpstream.auth import AuthOption

__all__ = ["command"]

T = TypeVar("T")

_SECONDS = click.FloatRange(min=0, min_open=True)
_COUNT = click.IntRange(min=1)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _parsed(parse: Callable[[Any], T]) -> Callable[[click.Context, click.Parameter, Any], T | None]:
    """``parse`` for the callback of an option; None stays None."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> T | None:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return callback


@click.command("fetch")
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option(
    *("-i", "--input", "files"),
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    multiple=True,
    metavar="FILE",
    help="A URL in each line, - for standard input; # begins a comment.",
)
@click.option("-c", "--concurrency", type=_COUNT, default=20, show_default=True, metavar="N", help="URLs at once.")
@click.option("--per-host", type=_COUNT, metavar="N", help="Connections to each host at most.")
@click.option(
    "--rate", callback=_parsed(parse_rate), metavar="N[/s|/m|/h]", help="Requests to each host at most, evenly spread."
)
@click.option("-X", "--method", metavar="METHOD", help="[default: GET; HEAD with -I; POST with -d or -F]")
@click.option("-I", "--head", is_flag=True, help="Ask for the head alone, and print it.")
@click.option(
    *("-H", "--header", "headers"),
    multiple=True,
    callback=_parsed(parse_headers),
    metavar="'NAME: VALUE'",
    help="A header of each request; may be given again.",
)
@click.option("-A", "--user-agent", metavar="TEXT", help=f"[default: webqq/{webqq.__version__}]")
@click.option(
    *("-d", "--data"),
    multiple=True,
    metavar="TEXT|@FILE|@-",
    help="The body, as it is: text (more than one joined by &), a file, standard input.",
)
@click.option("-F", "--form", multiple=True, metavar="NAME=VALUE|NAME=@FILE", help="A field or file of a form.")
@click.option("-u", "--user", metavar="NAME[:PASSWORD]", help="Credentials; without the password it is asked for.")
@click.option("--digest", is_flag=True, help="Use them for the Digest scheme, not Basic.")
@click.option("--netrc", is_flag=True, help="Take credentials from ~/.netrc.")
@click.option(
    *("-b", "--cookie-jar"),
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Cookies are taken from this cookies.txt, if it is there, and saved to it.",
)
@click.option(
    *("-o", "--output", "folder"),
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save each body in a file of this folder, named for its URL. A file that is there is left alone.",
)
@click.option("--update", is_flag=True, help="With -o: replace a file that is there where the server has a newer one.")
@click.option(
    "--continue/--no-continue",
    "resume",
    default=True,
    help="With -o: go on with what an earlier run left unfinished, or start anew.  [default: --continue]",
)
@click.option("--json", is_flag=True, help="Print a JSON object for each URL, one a line, and no bodies.")
@click.option(
    "--summary", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Save it there as JSON."
)
@click.option("--retries", type=click.IntRange(min=0), default=0, metavar="N", help="Try again so often.  [default: 0]")
@click.option("--timeout", type=_SECONDS, default=60.0, metavar="SECONDS", help="Nothing comes or goes.  [default: 60]")
@click.option(
    "--connect-timeout", type=_SECONDS, default=15.0, metavar="SECONDS", help="For each step of it.  [default: 15]"
)
@click.option("--max-time", type=_SECONDS, metavar="SECONDS", help="For one URL with all retries.  [default: no limit]")
@click.option("--max-redirs", type=click.IntRange(min=0), default=10, metavar="N", help="0: none.  [default: 10]")
@click.option("--compressed/--no-compressed", default=None, help="Ask for content codings.  [default: yes; with -o no]")
@click.option(
    "--proxy",
    callback=_parsed(Proxy.parse),
    metavar="URL",
    help="http, https, socks4, socks4a, socks5, socks5h.  [default: what the environment says]",
)
@click.option("--no-proxy", is_flag=True, help="Go straight, whatever the environment says.")
@click.option("--unix-socket", type=click.Path(), metavar="PATH", help="Connect there in place of the URL's host.")
@click.option("--cacert", type=_FILE, metavar="FILE", help="Authorities to trust, in place of the system's.")
@click.option("--cert", type=_FILE, metavar="FILE", help="Certificate to show to servers.")
@click.option("--key", type=_FILE, metavar="FILE", help="Its key, where it is not in the same file.")
@click.option("-k", "--insecure", is_flag=True, help="Trust every certificate: anybody on the way can read and change.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar, no summary. What fails is told all the same.")
@click.option("-v", "--verbose", is_flag=True, help="Tell on standard error what happens.")
def command(**said: Any) -> int:
    """Fetch URLs, many at once.

    The body of a single URL goes to standard output. Bodies of several are read and dropped, unless -o names a folder
    for them: there each is written to NAME.part, which becomes NAME once it is whole, and the next run goes on with
    what this one leaves unfinished.

    Exit code 0: all were answered with a status below 400; 1: some were not; 2: wrong call; 130: interrupted.
    """
    _check(said)
    job = _job_of(said)
    progress = Progress(monotonic(), total=_total_of(job))
    # What goes to the same terminal would be written over.
    has_room = not (sys.stdout.isatty() and (job.is_printed or job.json))
    has_bar = not job.quiet and sys.stderr.isatty() and has_room
    screen = Screen(sys.stderr, progress, has_bar=has_bar)
    _start_log(screen, logging.INFO if said["verbose"] else logging.WARNING)
    if job.folder is not None:
        with _telling(f"the folder {job.folder} cannot be made"):
            job.folder.mkdir(parents=True, exist_ok=True)
    return _run(job, screen, said["cookie_jar"])


def _check(said: dict[str, Any]) -> None:
    """Refuse what contradicts itself."""
    wrong = [
        (not said["urls"] and not said["files"], "name a URL, or a file of them with -i"),
        (said["data"] and said["form"], "-d and -F are two bodies for one request"),
        (said["head"] and (said["data"] or said["form"]), "-I asks for a head, and sends no body"),
        (said["head"] and said["folder"], "-I brings nothing to save with -o"),
        (said["update"] and not said["folder"], "--update is for -o"),
        (said["proxy"] and said["no_proxy"], "--proxy and --no-proxy contradict each other"),
        (said["digest"] and not (said["user"] or said["netrc"]), "--digest needs -u or --netrc"),
        (said["user"] and said["netrc"], "-u and --netrc are two sources of credentials"),
        (said["key"] and not said["cert"], "--key needs --cert"),
        (said["files"].count("-") + ("@-" in said["data"]) > 1, "standard input can be read but once"),
        ("@-" in said["data"] and (len(said["urls"]) > 1 or said["files"]), "-d @- is a body for one URL alone"),
    ]
    for is_wrong, message in wrong:
        if is_wrong:
            raise click.UsageError(message)


def _job_of(said: dict[str, Any]) -> Job:
    data = _body_of(said)
    method = said["method"] or ("HEAD" if said["head"] else "GET" if data is None else "POST")
    compressed = said["folder"] is None if said["compressed"] is None else said["compressed"]
    return Job(
        **{name: said[name] for name in ("urls", "files", "concurrency", "per_host", "rate", "folder", "resume")},
        **{name: said[name] for name in ("update", "head", "json", "summary", "quiet", "retries", "unix_socket")},
        method=method,
        headers=_headers_of(said),
        data=data,
        auth=_auth_of(said),
        cookiejar=_jar_of(said["cookie_jar"]),
        redirects=said["max_redirs"],
        decompress=compressed,
        timeouts=_timeouts_of(said),
        proxy=None if said["no_proxy"] else said["proxy"] or _environment_proxies(),
        tls=_tls_of(said),
    )


def _body_of(said: dict[str, Any]) -> Any:
    try:
        if said["form"]:
            return parse_form(said["form"])
        return parse_data(said["data"], read_pieces(0)) if said["data"] else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _headers_of(said: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = dict(said["headers"])
    names = {name.lower() for name in headers}
    if said["user_agent"] is not None or "user-agent" not in names:
        headers["User-Agent"] = said["user_agent"] or f"webqq/{webqq.__version__}"
    return headers


def _auth_of(said: dict[str, Any]) -> "AuthOption":
    kind: Callable[[str, str], Any] = Digest if said["digest"] else Basic
    try:
        if said["netrc"]:
            return Netrc(kind=kind)
        if said["user"] is None:
            return None
        name, colon, password = said["user"].partition(":")
        if not colon:
            password = click.prompt(f"Password of {name}", hide_input=True, err=True)
        return kind(name, password)  # type: ignore[no-any-return]  # both are an Auth
    except (ValueError, OSError) as error:
        raise click.UsageError(f"credentials: {error}") from error


def _jar_of(path: Path | None) -> CookieJar | None:
    if path is None:
        return None
    jar = RFC6265CookieJar()
    if path.exists():
        with _telling(f"the cookies in {path} cannot be read"):
            load_cookies(jar, path)
    return jar


def _timeouts_of(said: dict[str, Any]) -> Timeouts:
    step, silence = said["connect_timeout"], said["timeout"]
    return Timeouts(
        **dict.fromkeys(("resolve", "connect", "proxy", "tls"), step),
        **dict.fromkeys(("write", "first_byte", "between_bytes"), silence),
        total=said["max_time"],
    )


def _environment_proxies() -> ProxyRules:
    try:
        return ProxyRules.from_environment(os.environ)
    except InvalidRequest as error:
        raise click.UsageError(str(error)) from error


def _tls_of(said: dict[str, Any]) -> TLSOptions | None:
    if not (said["cacert"] or said["cert"] or said["insecure"]):
        return None
    try:
        return tls_options(
            ca_file=said["cacert"], client_cert=said["cert"], client_key=said["key"], verify=not said["insecure"]
        )
    except InvalidRequest as error:
        raise click.UsageError(str(error)) from error


def _total_of(job: Job) -> int | None:
    """How many URLs there are, where that can be known."""
    listed = count_lines(job.files)
    return None if listed is None else len(job.urls) + listed


def _start_log(screen: Screen, level: int) -> None:
    handler = logging.StreamHandler(screen)
    logging.basicConfig(
        level=level, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )


def _run(job: Job, screen: Screen, cookie_file: Path | None) -> int:
    try:
        return asyncio.run(fetch_all(job, screen))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno == errno.EPIPE:
            # The reader has what it wanted, as `head` has.
            return 1
        raise click.ClickException(f"{error.filename or 'a file'}: {error.strerror}") from error
    finally:
        if cookie_file is not None and job.cookiejar is not None:
            with _telling(f"the cookies cannot be saved to {cookie_file}"):
                save_cookies(job.cookiejar, cookie_file)


@contextmanager
def _telling(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{what}: {error.strerror}") from error
