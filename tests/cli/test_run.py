"""``webqq run``: both ends in one process, talking over real HTTP."""

import signal
import socket
from pathlib import Path

import pytest

from tests.cli.process import call, first_line, passwords, running, stop
from webqq.gateway import Administration
from webqq.protocol.ids import QQNumber

RUN = ("run", "--listen", "127.0.0.1:0", "--data")
TEXT = "你好 <b>&amp; \"quotes\" 'single' 😀"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_person_writes_and_the_bot_answers_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    with running(*RUN, str(tmp_path)) as process:
        url = first_line(process)
        assert first_line(process).startswith("Sign in as 300400500, once: " + url + "/check_sig?")
        _, password = passwords(tmp_path / "gateway")
        send = call(
            *("send", "--gateway", url, "--account", "300400500", "--to", "机器人", "--wait", "30", TEXT),
            environment={"WEBQQ_PASSWORD": password},
        )
        assert (send.returncode, send.stdout, send.stderr) == (0, TEXT + "\n", "")
        assert stop(process, number) == (0, "", "")


def test_second_start_finds_its_accounts_again(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        with running(*RUN, str(tmp_path)) as process:
            assert first_line(process).startswith("http://127.0.0.1:")
            found.append(passwords(tmp_path / "gateway"))
            assert stop(process)[0] == 0
    assert found[0] == found[1]


def test_community_of_ones_own_has_its_first_account_as_the_bot(tmp_path: Path) -> None:
    community = tmp_path / "people.toml"
    community.write_text(
        '[[account]]\nnumber = 10001\nnick = "bot"\npassword = "b"\n'
        '[[account]]\nnumber = 10002\nnick = "Anna"\npassword = "a"\nfriends = [10001]\n',
        encoding="utf-8",
    )
    with running(*RUN, str(tmp_path / "data"), "--community", str(community)) as process:
        url = first_line(process)
        assert first_line(process).startswith(f"Sign in as 10002, once: {url}/check_sig?")
        send = call(
            *("send", "--gateway", url, "--account", "10002", "--to", "bot", "--wait", "30", TEXT),
            environment={"WEBQQ_PASSWORD": "a"},
        )
        assert send.stdout == TEXT + "\n"
        assert stop(process) == (0, "", "")


def test_mistake_in_the_community_is_one_line_and_code_1(tmp_path: Path) -> None:
    community = tmp_path / "people.toml"
    community.write_text('[[account]]\nnumber = 10001\nnick = "bot"\n', encoding="utf-8")
    result = call(*RUN, str(tmp_path / "data"), "--community", str(community))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"webqq: {community}, [[account]] 1, password: is missing\n"


def test_port_in_use_is_one_line_and_code_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = call("run", "--listen", address, "--data", str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"webqq: {address} cannot be listened on: Address already in use\n"


def test_folder_that_cannot_be_written_is_one_line_and_code_1(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = call(*RUN, str(tmp_path / "file" / "below"))
    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert "Not a directory" in result.stderr


def test_unknown_plugin_is_one_line_and_code_1(tmp_path: Path) -> None:
    result = call(*RUN, str(tmp_path), "--plugin", "nosuch")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "there is no plugin 'nosuch'" in result.stderr


def test_data_folder_of_a_running_gateway_is_refused(tmp_path: Path) -> None:
    with running(*RUN, str(tmp_path)) as process:
        first_line(process)
        result = call(*RUN, str(tmp_path))
        assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
        assert stop(process)[0] == 0


def test_bot_whose_password_was_changed_gets_it_from_the_environment(tmp_path: Path) -> None:
    with running(*RUN, str(tmp_path)) as process:
        first_line(process)
        Administration(tmp_path / "gateway").set_password(QQNumber(100200300), "changed")
        stop(process)
    result = call(*RUN, str(tmp_path), environment={"WEBQQ_PASSWORD": "that of somebody else"})
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "set WEBQQ_PASSWORD" in result.stderr
    with running(*RUN, str(tmp_path), environment={"WEBQQ_PASSWORD": "changed"}) as process:
        assert first_line(process).startswith("http://")
        assert stop(process)[0] == 0
