"""The daemon's configuration file.

::

    gateway = "http://127.0.0.1:8888"
    account = 100200300
    password_file = "bot.password"        # or password = "..."; either way readable for the owner alone
    plugins = ["echo"]
    data = "/var/lib/webqq/bot"
    pid_file = "/run/webqq/bot.pid"
    log_file = "/var/log/webqq/bot.log"

Paths are taken from the folder of the file. Without a password the environment's WEBQQ_PASSWORD is used.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webqq.cli.bot import BotSettings
from webqq.client import parse_gateway_address
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
}


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
            gateway=self._gateway(),
            account=self._account(),
            password=self._password() if with_password else "",
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
