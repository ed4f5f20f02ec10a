"""Signing in from a command: the options for it, the client that they mean, and what its errors name."""

import functools
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from webqq.cli import options
from webqq.cli.asking import captcha_by_hook, captcha_by_terminal, no_captcha, qr_by_hook
from webqq.client import Captcha, GatewayStream, ShowQR, Unreachable, WebQQClient, gateway_stream, save_qr, show_qr
from webqq.client.qrlogin import CODE_LIMIT
from webqq.httpstream import HTTPStream
from webqq.protocol.errors import WebQQError

__all__ = ["GatewayAway", "SignIn", "naming_gateway", "sign_in", "usual_captcha"]

F = TypeVar("F", bound=Callable[..., Any])


class GatewayAway(Unreachable):
    """The gateway at an address does not answer, or what answers there is no gateway."""


class AuthorityUnusable(WebQQError):
    """The file with the authority of a gateway cannot be used."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where and how an account signs in. With ``qr`` it is by QR code, and ``password`` is empty.

    :param ca_file: the authority of a gateway that is asked by https; None: those that the system trusts.
    """

    gateway: str
    account: int
    password: str = field(default="", repr=False)
    qr: ShowQR | None = None
    qr_limit: int = CODE_LIMIT
    captcha: Captcha | None = None
    ca_file: Path | None = None

    def stream(self) -> GatewayStream:
        """Return an engine for the gateway.

        :raises AuthorityUnusable: ``ca_file`` cannot be read, or is no certificate.
        """
        try:
            return gateway_stream(self.gateway, ca_file=self.ca_file)
        except ValueError as error:
            raise AuthorityUnusable(str(error)) from error

    def client(self, stream: HTTPStream, data: Path | None = None) -> WebQQClient:
        """Return the client that signs in so; ``data`` is its folder."""
        return WebQQClient(
            stream,
            self.account,
            self.password,
            captcha=self.captcha,
            qr=self.qr,
            qr_limit=self.qr_limit,
            data=data,
        )


def usual_captcha(account: int, hook: tuple[str, ...], advice: str) -> Captcha:
    """Return who reads captchas: the command of a hook, else the person at the terminal, else nobody."""
    if hook:
        return captcha_by_hook(account, hook)
    return captcha_by_terminal(account) if sys.stdin.isatty() else no_captcha(account, advice)


@contextmanager
def naming_gateway(url: str) -> Iterator[None]:
    """Name the gateway in the error, where it does not answer."""
    try:
        yield
    except Unreachable as error:
        raise GatewayAway(f"the gateway {url} does not answer: {error}") from error


def _words(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(value or ""))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if value is not None and not words:
        raise click.BadParameter("expected a command")
    return words


_OPTIONS = (
    options.gateway,
    click.option(
        "--ca-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The authority to trust, for a gateway at https; `webqq gateway --tls` names its own.",
    ),
    options.account,
    click.option("--qr", is_flag=True, help="Sign in by a QR code, drawn in the terminal, in place of a password."),
    click.option(
        "--qr-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="As --qr, but write the code to FILE, as PNG.",
    ),
    click.option(
        "--qr-hook", callback=_words, metavar="COMMAND", help="As --qr, but run COMMAND, which gets the PNG's path."
    ),
    click.option(
        "--qr-limit",
        type=click.IntRange(min=1),
        default=CODE_LIMIT,
        show_default=True,
        metavar="N",
        help="How many codes to show before giving up.",
    ),
    click.option(
        "--captcha-hook",
        callback=_words,
        metavar="COMMAND",
        help="Run COMMAND for a captcha: it gets the picture's path and prints the letters.  [default: ask at the "
        "terminal]",
    ),
)


def sign_in(function: F) -> F:
    """Give a command the options for signing in; it gets them together, as ``login``, a :class:`SignIn`."""

    @functools.wraps(function)
    def gathered(
        *,
        gateway: str,
        ca_file: Path | None,
        account: int,
        qr: bool,
        qr_file: Path | None,
        qr_hook: tuple[str, ...],
        qr_limit: int,
        captcha_hook: tuple[str, ...],
        **others: Any,
    ) -> Any:
        ways = [save_qr(qr_file)] if qr_file is not None else []
        ways += [qr_by_hook(qr_hook)] if qr_hook else []
        ways += [show_qr()] if qr else []
        if len(ways) > 1:
            raise click.UsageError("--qr, --qr-file and --qr-hook show the code in one way each: give one of them")
        if ways and captcha_hook:
            raise click.UsageError("--captcha-hook is for the login by password, and this one is by QR code")
        if ca_file is not None and not gateway.startswith("https:"):
            raise click.UsageError("--ca-file is for a gateway at https")
        login = SignIn(
            gateway,
            account,
            "" if ways else options.ask_password(account),
            ways[0] if ways else None,
            qr_limit,
            None if ways else usual_captcha(account, captcha_hook, "start it at a terminal, or give --captcha-hook"),
            ca_file,
        )
        return function(login=login, **others)

    decorated: Any = gathered
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: F = decorated
    return result
