"""``webqq bot``: a bot at a gateway."""

from pathlib import Path

from tests.cli.process import call, first_line, gateway, passwords, running, stop


def test_it_answers_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with gateway(tmp_path / "gateway") as url:
        bot, person = passwords(tmp_path / "gateway")
        arguments = ("bot", "--gateway", url, "--account", "100200300", "--data", str(tmp_path / "bot"))
        with running(*arguments, environment={"WEBQQ_PASSWORD": bot}) as process:
            assert first_line(process) == "100200300 is online"
            answer = call(
                *("send", "--gateway", url, "--account", "300400500", "--to", "机器人", "--wait", "30", "hi"),
                environment={"WEBQQ_PASSWORD": person},
            )
            assert answer.stdout == "hi\n"
            assert stop(process) == (0, "", "")


def test_kicked_bot_says_so_and_does_not_fight_back(tmp_path: Path) -> None:
    with gateway(tmp_path / "gateway") as url:
        environment = {"WEBQQ_PASSWORD": passwords(tmp_path / "gateway")[0]}
        arguments = ("bot", "--gateway", url, "--account", "100200300", "--data", str(tmp_path / "bot"))
        with running(*arguments, environment=environment) as process:
            first_line(process)
            # Another login of the same account.
            call("send", "--gateway", url, "--account", "100200300", "--to", "小明", "x", environment=environment)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
            assert "signed in elsewhere" in err


def test_unknown_plugin_is_one_line(tmp_path: Path) -> None:
    result = call(
        *("bot", "--gateway", "http://127.0.0.1:1", "--account", "100200300", "--plugin", "nosuch"),
        *("--data", str(tmp_path)),
        environment={"WEBQQ_PASSWORD": "x"},
    )
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "'nosuch'" in result.stderr


def test_without_a_password_and_a_terminal_it_ends(tmp_path: Path) -> None:
    result = call(
        *("bot", "--gateway", "http://127.0.0.1:1", "--account", "100200300", "--data", str(tmp_path)),
        environment={"WEBQQ_PASSWORD": ""},
    )
    line = "webqq: no password of 100200300: set WEBQQ_PASSWORD, or start it at a terminal\n"
    assert (result.returncode, result.stderr) == (2, line)


def test_gateway_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    result = call(
        *("bot", "--gateway", "http://127.0.0.1:1", "--account", "100200300", "--data", str(tmp_path)),
        environment={"WEBQQ_PASSWORD": "x"},
    )
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "the gateway http://127.0.0.1:1 does not answer: " in result.stderr


def test_login_by_code_asks_for_no_password(tmp_path: Path) -> None:
    result = call(
        *("bot", "--gateway", "http://127.0.0.1:1", "--account", "100200300", "--data", str(tmp_path)),
        *("--qr-file", str(tmp_path / "code.png")),
        environment={"WEBQQ_PASSWORD": ""},
    )
    assert (result.returncode, "does not answer" in result.stderr) == (1, True)
