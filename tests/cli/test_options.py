"""Options that several subcommands share."""

import click
import pytest

from webqq.cli import options


def parsed(option: object, *arguments: str) -> object:
    taken: list[object] = []

    def take(**values: object) -> None:
        taken.extend(values.values())

    command = click.command()(option(take))  # type: ignore[operator]  # a decorator
    command.main(list(arguments), standalone_mode=False)
    return taken[0]


@pytest.mark.parametrize(
    ("text", "pair"), [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:80", ("::1", 80)), ("name:1", ("name", 1))]
)
def test_listen_is_a_host_and_a_port(text: str, pair: tuple[str, int]) -> None:
    assert parsed(options.listen, "--listen", text) == pair


def test_listen_is_this_machine_alone_unless_told_otherwise() -> None:
    assert parsed(options.listen) == ("127.0.0.1", 8888)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:80", "http://a/path", "http://"])
def test_gateway_that_is_no_http_address_is_named(url: str) -> None:
    with pytest.raises(click.BadParameter, match="http://HOST:PORT"):
        parsed(options.gateway, "--gateway", url)


@pytest.mark.parametrize("number", ["1", "x", "-5", "99999999999"])
def test_account_is_a_number_of_5_to_10_digits(number: str) -> None:
    with pytest.raises(click.BadParameter):
        parsed(options.account, "--account", number)


def test_password_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBQQ_PASSWORD", "secret")
    assert options.ask_password(100200300) == "secret"
