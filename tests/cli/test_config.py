"""The daemon's configuration: what it says, and mistakes named with file and key."""

from pathlib import Path

import pytest

from webqq.cli.config import ConfigError, read_config

GOOD = 'gateway = "http://127.0.0.1:8888"\naccount = 100200300\npassword = "secret"\n'


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "webqqd.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_what_it_does_not_name_lies_in_the_default_folder(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD), Path("/var/default"))
    assert (config.bot.gateway, config.bot.account) == ("http://127.0.0.1:8888", 100200300)
    assert (config.bot.password, config.bot.plugins) == ("secret", ("echo",))
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
    assert config.bot.password == "from the file"


def test_password_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBQQ_PASSWORD", "from outside")
    config = read_config(write(tmp_path, GOOD.replace('password = "secret"\n', "")), tmp_path)
    assert config.bot.password == "from outside"


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
