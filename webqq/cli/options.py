"""Options that several subcommands share, and what they mean."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import platformdirs

from webqq.cli.jsonlog import JSONFormatter

__all__ = [
    "account",
    "admin_listen",
    "ask_password",
    "community",
    "data",
    "default_folder",
    "gateway",
    "gateway_data",
    "listen",
    "new_password",
    "number",
    "picture",
    "public",
    "start_json_log",
    "start_log",
    "tls_listen",
    "verbose",
]

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LISTEN = "127.0.0.1:8888"


def _parse_listen(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    host, colon, port = value.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise click.BadParameter(f"expected HOST:PORT with a port from 0 to 65535, got {value!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _check_gateway(ctx: click.Context, param: click.Parameter, value: str) -> str:
    # Loaded here: commands that only serve need no client, and start in half the time without one.
    from webqq.client import parse_gateway_address

    try:
        parse_gateway_address(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


_ACCOUNT = click.IntRange(10_000, 9_999_999_999)

number = click.IntRange(10_000, 2**32 - 1)
"""An account or a group of a gateway, as an argument."""


def default_folder(*parts: str) -> Path:
    """Return the folder below the user's data folder where this program keeps what it is not told to put elsewhere."""
    return Path(platformdirs.user_data_dir("webqq", appauthor=False), *parts)


def listen(function: F) -> F:
    """``--listen HOST:PORT``"""
    return click.option(
        "--listen",
        callback=_parse_listen,
        default=DEFAULT_LISTEN,
        show_default=True,
        metavar="HOST:PORT",
        help="Address to listen on; port 0 takes a free one.",
    )(function)


def tls_listen(function: F) -> F:
    """``--tls-listen HOST:PORT``"""
    return click.option(
        "--tls-listen",
        callback=_parse_listen,
        metavar="HOST:PORT",
        help="Address of https.  [default: the host of --listen; port 443 beside 80, else 8443]",
    )(function)


def admin_listen(function: F) -> F:
    """``--admin-listen HOST:PORT``"""
    return click.option(
        "--admin-listen",
        callback=_parse_listen,
        metavar="HOST:PORT",
        help="Address of /healthz and /metrics; without it there is neither.",
    )(function)


def public(function: F) -> F:
    """``--public HOST:PORT``"""
    return click.option(
        "--public",
        callback=_parse_listen,
        metavar="HOST:PORT",
        help="Where clients reach the http side, past a proxy or a forwarded port; old ones fetch files there.",
    )(function)


def _read_picture(ctx: click.Context, param: click.Parameter, value: Path | None) -> bytes | None:
    if (value is None) is not ctx.params.pop("has_none", False):
        raise click.UsageError("give either FILE or --none")
    try:
        return None if value is None else value.read_bytes()
    except OSError as error:
        raise click.FileError(str(value), error.strerror) from error


def picture(function: F) -> F:
    """``FILE`` or ``--none``: the bytes of a picture, None for none"""
    none = click.option("--none", "has_none", is_flag=True, is_eager=True, help="Take the picture away.")
    file = click.argument(
        "picture", required=False, type=click.Path(path_type=Path), metavar="FILE", callback=_read_picture
    )
    return none(file(function))


def community(function: F) -> F:
    """``--community FILE``"""
    return click.option(
        "--community",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="TOML file with the accounts and groups. Without it the data folder gets one: a bot, a person, a group.",
    )(function)


def gateway(function: F) -> F:
    """``--gateway URL``"""
    return click.option(
        "--gateway", callback=_check_gateway, required=True, metavar="URL", help="Where the gateway is."
    )(function)


def account(function: F) -> F:
    """``--account N``"""
    return click.option("--account", type=_ACCOUNT, required=True, metavar="N", help="The account to sign in with.")(
        function
    )


def gateway_data(function: F) -> F:
    """``--data DIR`` of a gateway, for what is done to it from outside."""
    return data(default_folder("gateway"), "the gateway's data, as of `webqq gateway`")(function)


def new_password(number: int) -> str:
    """Return a new password for an account: ``WEBQQ_PASSWORD``, or what the person types twice."""
    known = os.environ.get("WEBQQ_PASSWORD")
    if known:
        return known
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"no password for {number}: set WEBQQ_PASSWORD, start it at a terminal, or --generate one"
        )
    return str(click.prompt(f"New password of {number}", hide_input=True, confirmation_prompt=True, err=True))


def data(default: Path, what: str) -> Callable[[F], F]:
    """``--data DIR``"""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=default,
        show_default=True,
        metavar="DIR",
        help=f"Folder for {what}.",
    )


def verbose(function: F) -> F:
    """``--verbose``"""
    return click.option(
        "--verbose",
        "-v",
        is_flag=True,
        expose_value=False,
        callback=lambda ctx, param, value: start_log(logging.INFO if value else logging.WARNING),
        help="Tell on standard error what happens.",
    )(function)


def start_log(level: int) -> None:
    """Write records from ``level`` on to standard error."""
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )


def start_json_log() -> None:
    """Write records from INFO on to standard error, as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def ask_password(number: int) -> str:
    """Return the password of an account: ``WEBQQ_PASSWORD`` from the environment, or what the person types."""
    known = os.environ.get("WEBQQ_PASSWORD")
    if known:
        return known
    if not sys.stdin.isatty():
        raise click.UsageError(f"no password of {number}: set WEBQQ_PASSWORD, or start it at a terminal")
    return str(click.prompt(f"Password of {number}", hide_input=True, err=True))
