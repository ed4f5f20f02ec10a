from http import HTTPStatus
from pathlib import Path

import pytest

from tests.gateway.helpers import ask
from webqq.gateway.calls import ANSWERS
from webqq.protocol.calls import CALLS


def test_every_call_of_the_protocol_is_answered() -> None:
    answered = [answer.call for answer in ANSWERS]
    assert [call for call in CALLS if answered.count(call) != 1] == []


@pytest.mark.parametrize(
    "host", ["web.qq.com", "d.web2.qq.com:8080", "localhost", "[::1]:80", "any.example", "10.0.0.1"]
)
def test_calls_are_found_by_their_path_whatever_the_host(tmp_path: Path, host: str) -> None:
    assert ask(tmp_path, "GET", "/web2/get_msg_tip", host=host).json == {"retcode": 0, "result": "ok"}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    ["/nothing", "/channel/", "/js", "/js/", "/js/missing.js", "/../app.py", "/js/../../app.py", "/getimages", "//x"],
)
def test_unknown_path_is_told_as_json(tmp_path: Path, path: str, method: str) -> None:
    answer = ask(tmp_path, method, path)
    assert answer.status == HTTPStatus.NOT_FOUND
    assert answer.json["retcode"] == 404
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_slashes_at_the_beginning_are_one(tmp_path: Path) -> None:
    assert ask(tmp_path, "GET", "//web2/get_msg_tip").json == {"retcode": 0, "result": "ok"}
