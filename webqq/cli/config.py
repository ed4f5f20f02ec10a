"""The daemon's configuration file.

::

    gateway = "http://127.0.0.1:8888"
    account = 100200300
    password_file = "bot.password"        # or password = "..."; either way readable for the owner alone
    plugins = ["echo"]
    data = "/var/lib/webqq/bot"
    pid_file = "/run/webqq/bot.pid"
    log_file = "/var/log/webqq/bot.log"

    ca_file = "authority.pem"             # for a gateway at https
    captcha_hook = "read-letters --fast"  # a command that gets the path of a picture and prints its letters

Paths are taken from the folder of the file. Without a password the environment's WEBQQ_PASSWORD is used. A login by QR
code has none::

    login = "qr"                          # drawn in the terminal, or, where there is one of these:
    qr_file = "code.png"                  # written there
    qr_hook = "show-code"                 # a command that gets the path of the picture
    qr_limit = 3                          # codes that are shown before the daemon gives up
"""

import os
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webqq.cli.asking import qr_by_hook, qr_by_terminal
from webqq.cli.bot import BotSettings
from webqq.cli.signin import SignIn, usual_captcha
from webqq.client import ShowQR, parse_gateway_address, save_qr
from webqq.client.qrlogin import CODE_LIMIT
from webqq.protocol.errors import WebQQError

__all__ = ["ConfigError", "DaemonConfig", "read_config"]

_KEYS: dict[str, type] = {
    "gateway": str,
    "account": int,
    "password": str,
    "password_file": str,
    "plugins": list,
    "data": str,
    "pid_file": str,
    "log_file": str,
    "ca_file": str,
    "captcha_hook": str,
    "login": str,
    "qr_file": str,
    "qr_hook": str,
    "qr_limit": int,
}

_FOR_QR = ("qr_file", "qr_hook", "qr_limit")
_FOR_PASSWORD = ("password", "password_file", "captcha_hook")
_QR, _PASSWORD = "qr", "password"


class ConfigError(WebQQError):
    """A mistake in the configuration; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class DaemonConfig:
    """What to run as a daemon, and the files by which it is known."""

    bot: BotSettings
    pid_file: Path
    log_file: Path


def read_config(path: Path, default_folder: Path, *, with_password: bool = True) -> DaemonConfig:
    """Read ``path``; data, PID and log files that it does not name lie in ``default_folder``.

    :param with_password: find the password, too; what only looks for the process or ends it does without.
    :raises ConfigError: it cannot be read, or has a mistake.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from error
    return _Reader(path.absolute(), document).read(default_folder, with_password)


class _Reader:
    """Typed access to the keys, with errors that say where."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self._path = path
        self._document = document

    def read(self, default_folder: Path, with_password: bool) -> DaemonConfig:
        for key, value in self._document.items():
            self._check_type(key, value)
        bot = BotSettings(
            login=self._login(with_password),
            plugins=self._plugins(),
            data=self._file("data", default_folder / "bot"),
        )
        return DaemonConfig(
            bot,
            pid_file=self._file("pid_file", default_folder / "webqqd.pid"),
            log_file=self._file("log_file", default_folder / "webqqd.log"),
        )

    def _check_type(self, key: str, value: object) -> None:
        kind = _KEYS.get(key)
        if kind is None:
            raise self._fault(key, f"unknown key; known are {', '.join(_KEYS)}")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._fault(key, f"expected {kind.__name__}, got {type(value).__name__}")

    def _login(self, with_password: bool) -> SignIn:
        gateway, account = self._gateway(), self._account()
        kind = self._document.get("login", _PASSWORD)
        if kind not in (_QR, _PASSWORD):
            raise self._fault("login", f'expected "{_PASSWORD}" or "{_QR}", got {kind!r}')
        for key in _FOR_PASSWORD if kind == _QR else _FOR_QR:
            if key in self._document:
                raise self._fault(key, f'has no meaning with login = "{kind}"')
        ca_file = self._file("ca_file", self._path) if "ca_file" in self._document else None
        if ca_file is not None and not gateway.startswith("https:"):
            raise self._fault("ca_file", f"is for a gateway at https, and this one is {gateway}")
        if kind == _QR:
            return SignIn(gateway, account, qr=self._qr(), qr_limit=self._qr_limit(), ca_file=ca_file)
        captcha = usual_captcha(account, self._words("captcha_hook"), f"set captcha_hook in {self._path}")
        return SignIn(gateway, account, self._password() if with_password else "", captcha=captcha, ca_file=ca_file)

    def _qr(self) -> ShowQR:
        hook = self._words("qr_hook")
        if "qr_file" in self._document:
            if hook:
                raise self._fault("qr_hook", "there is a qr_file already")
            return save_qr(self._file("qr_file", self._path))
        return qr_by_hook(hook) if hook else qr_by_terminal(f"set qr_file or qr_hook in {self._path}")

    def _qr_limit(self) -> int:
        limit = int(self._document.get("qr_limit", CODE_LIMIT))
        if limit < 1:
            raise self._fault("qr_limit", f"expected 1 or more, got {limit}")
        return limit

    def _words(self, key: str) -> tuple[str, ...]:
        """The words of a command; none where there is no such key."""
        if key not in self._document:
            return ()
        try:
            words = tuple(shlex.split(self._document[key]))
        except ValueError as error:
            raise self._fault(key, str(error)) from error
        if not words:
            raise self._fault(key, "expected a command")
        return words

    def _gateway(self) -> str:
        url = str(self._need("gateway"))
        try:
            parse_gateway_address(url)
        except ValueError as error:
            raise self._fault("gateway", str(error)) from error
        return url

    def _account(self) -> int:
        account = int(self._need("account"))
        if not 10_000 <= account <= 9_999_999_999:
            raise self._fault("account", f"expected a number of 5 to 10 digits, got {account}")
        return account

    def _password(self) -> str:
        if "password" in self._document:
            if "password_file" in self._document:
                raise self._fault("password_file", "there is a password already")
            self._check_private("password", self._path)
            return str(self._document["password"])
        if "password_file" in self._document:
            return self._read_password(self._file("password_file", self._path))
        password = os.environ.get("WEBQQ_PASSWORD", "")
        if not password:
            raise self._fault("password", "missing, and WEBQQ_PASSWORD is not set")
        return password

    def _read_password(self, file: Path) -> str:
        self._check_private("password_file", file)
        try:
            password = file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise self._fault("password_file", f"{file} cannot be read: {error}") from error
        if not password:
            raise self._fault("password_file", f"{file} is empty")
        return password

    def _check_private(self, key: str, file: Path) -> None:
        try:
            mode = file.stat().st_mode
        except OSError as error:
            raise self._fault(key, f"{file} cannot be read: {error.strerror}") from error
        if mode & 0o077:
            raise self._fault(key, f"{file} can be read by others (mode {mode & 0o777:04o}); chmod it to 0600")

    def _plugins(self) -> tuple[str, ...]:
        plugins = self._document.get("plugins", ["echo"])
        if not all(isinstance(name, str) for name in plugins):
            raise self._fault("plugins", "expected names in quotes")
        return tuple(plugins)

    def _file(self, key: str, default: Path) -> Path:
        return self._path.parent / Path(self._document.get(key, default)).expanduser()

    def _need(self, key: str) -> Any:
        if key not in self._document:
            raise self._fault(key, "missing")
        return self._document[key]

    def _fault(self, key: str, detail: str) -> ConfigError:
        return ConfigError(f"{self._path}, {key}: {detail}")
