"""The daemon's configuration: what it says, and mistakes named with file and key."""

import asyncio
import inspect
from pathlib import Path

import pytest

from webqq.cli.asking import HookFailed
from webqq.cli.config import ConfigError, DaemonConfig, read_config
from webqq.client import CaptchaRequired, LoginError, QRPicture

GOOD = 'gateway = "http://127.0.0.1:8888"\naccount = 100200300\npassword = "secret"\n'
QR = 'gateway = "http://127.0.0.1:8888"\naccount = 100200300\nlogin = "qr"\n'


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "webqqd.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_what_it_does_not_name_lies_in_the_default_folder(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD), Path("/var/default"))
    assert (config.bot.login.gateway, config.bot.login.account) == ("http://127.0.0.1:8888", 100200300)
    assert (config.bot.login.password, config.bot.plugins) == ("secret", ("echo",))
    assert config.bot.data == Path("/var/default/bot")
    assert (config.pid_file, config.log_file) == (Path("/var/default/webqqd.pid"), Path("/var/default/webqqd.log"))


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = read_config(
        write(tmp_path, GOOD + 'pid_file = "run/bot.pid"\nlog_file = "/var/log/bot.log"\n'), Path("/x")
    )
    assert config.pid_file == tmp_path / "run/bot.pid"
    assert config.log_file == Path("/var/log/bot.log")


def test_password_may_lie_in_a_private_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from the file\n", encoding="utf-8")
    secret.chmod(0o600)
    config = read_config(write(tmp_path, GOOD.replace('password = "secret"', 'password_file = "secret"')), tmp_path)
    assert config.bot.login.password == "from the file"


def test_password_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBQQ_PASSWORD", "from outside")
    config = read_config(write(tmp_path, GOOD.replace('password = "secret"\n', "")), tmp_path)
    assert config.bot.login.password == "from outside"


def test_password_is_not_shown(tmp_path: Path) -> None:
    assert "secret" not in repr(read_config(write(tmp_path, GOOD), tmp_path))


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        (GOOD + "nosuch = 1\n", "nosuch", "unknown key"),
        (GOOD.replace("100200300", '"100200300"'), "account", "expected int, got str"),
        (GOOD.replace("100200300", "12"), "account", "5 to 10 digits"),
        (GOOD.replace("100200300", "true"), "account", "got bool"),
        (GOOD.replace("http://", "gopher://"), "gateway", "http://HOST:PORT"),
        (GOOD.replace("account = 100200300\n", ""), "account", "missing"),
        (GOOD.replace('password = "secret"\n', ""), "password", "WEBQQ_PASSWORD"),
        (GOOD + 'password_file = "x"\n', "password_file", "already"),
        (GOOD.replace('password = "secret"', 'password_file = "nosuch"'), "password_file", "cannot be read"),
        (GOOD + "plugins = [1]\n", "plugins", "names in quotes"),
        (GOOD + 'login = "face"\n', "login", 'expected "password" or "qr", got \'face\''),
        (GOOD + 'login = "qr"\n', "password", 'has no meaning with login = "qr"'),
        (GOOD + 'qr_file = "x"\n', "qr_file", 'has no meaning with login = "password"'),
        (GOOD + 'captcha_hook = ""\n', "captcha_hook", "expected a command"),
        (GOOD + 'captcha_hook = "read \'"\n', "captcha_hook", "No closing quotation"),
        (GOOD + 'ca_file = "ca.pem"\n', "ca_file", "is for a gateway at https"),
        (QR + 'captcha_hook = "x"\n', "captcha_hook", 'has no meaning with login = "qr"'),
        (QR + "qr_limit = 0\n", "qr_limit", "expected 1 or more, got 0"),
        (QR + 'qr_file = "x"\nqr_hook = "y"\n', "qr_hook", "there is a qr_file already"),
    ],
)
def test_mistake_is_named_with_file_and_key(
    tmp_path: Path, text: str, key: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBQQ_PASSWORD", raising=False)
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_config(file, tmp_path)
    assert str(caught.value).startswith(f"{file}, {key}: ")
    assert told in str(caught.value)


def test_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"password: .* can be read by others \(mode 0644\)"):
        read_config(write(tmp_path, GOOD, 0o644), tmp_path)


@pytest.mark.parametrize(("raw", "told"), [(b"[[", "is no TOML"), (b"\xff", "not in UTF-8")])
def test_file_that_is_no_toml_is_named(tmp_path: Path, raw: bytes, told: str) -> None:
    file = tmp_path / "webqqd.toml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match=told):
        read_config(file, tmp_path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_config(tmp_path / "nosuch.toml", tmp_path)


def shown(config: DaemonConfig) -> None:
    """Let the daemon show a code."""

    async def show() -> None:
        assert config.bot.login.qr is not None
        result = config.bot.login.qr(QRPicture(b"\x89PNG", 100200300))
        if inspect.isawaitable(result):
            await result

    asyncio.run(show())


def test_login_by_code_needs_no_password_and_shows_it_where_the_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBQQ_PASSWORD", raising=False)
    config = read_config(write(tmp_path, QR + 'qr_file = "code.png"\nqr_limit = 5\n'), tmp_path)
    assert (config.bot.login.password, config.bot.login.qr_limit) == ("", 5)
    shown(config)
    assert (tmp_path / "code.png").read_bytes() == b"\x89PNG"


def test_code_that_nobody_could_see_is_an_error_that_tells_what_to_set(tmp_path: Path) -> None:
    file = write(tmp_path, QR)
    with pytest.raises(LoginError, match=f"no terminal .*: set qr_file or qr_hook in {file}"):
        shown(read_config(file, tmp_path))


def test_hooks_are_commands_with_their_arguments(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, QR + "qr_hook = \"cp -f --no-such-option 'a b'\"\n"), tmp_path)
    with pytest.raises(HookFailed, match="the command cp ended with code 1"):
        shown(config)


def test_captcha_without_a_person_tells_what_to_set(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    captcha = read_config(file, tmp_path).bot.login.captcha
    assert captcha is not None
    with pytest.raises(CaptchaRequired, match=f"letters of a captcha: set captcha_hook in {file}"):
        captcha(b"")


def test_authority_is_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("http:", "https:") + 'ca_file = "ca.pem"\n'
    assert read_config(write(tmp_path, text), tmp_path).bot.login.ca_file == tmp_path / "ca.pem"
