"""The session's file."""

from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.client.service import ACCOUNT
from webqq.client.errors import StorageError
from webqq.client.saved import SessionFile
from webqq.client.session import Session, make_cookie
from webqq.protocol.ids import QQNumber

SESSION = Session(ACCOUNT, "12345678", "psession", "vfweb", "ptweb", "机器人")


def full_jar() -> CookieJar:
    jar = CookieJar()
    jar.set_cookie(make_cookie("ptwebqq", "ptweb", ".qq.com"))
    jar.set_cookie(make_cookie("p_skey", "secret", ".web2.qq.com", "/channel", secure=True, expires=4_000_000_000))
    return jar


def test_session_and_cookies_come_back(tmp_path: Path):
    file, jar = SessionFile(tmp_path / "s.json"), CookieJar()
    file.save(SESSION, full_jar())
    assert file.load(ACCOUNT, jar) == SESSION
    attributes = ("name", "value", "domain", "path", "secure", "expires", "discard", "domain_initial_dot")
    assert [[getattr(c, name) for name in attributes] for c in jar] == [
        [getattr(c, name) for name in attributes] for c in full_jar()
    ]


def test_file_is_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "s.json"
    path.write_text("{}")
    path.chmod(0o644)
    SessionFile(path).save(SESSION, full_jar())
    assert path.stat().st_mode & 0o777 == 0o600


def test_saving_again_replaces(tmp_path: Path):
    file = SessionFile(tmp_path / "s.json")
    file.save(SESSION, full_jar())
    (tmp_path / "s.json.new").write_text("left by a run that was killed")
    file.save(Session(ACCOUNT, "1", "second", "v", "p"), CookieJar())
    loaded = file.load(ACCOUNT, CookieJar())
    assert loaded is not None
    assert loaded.psessionid == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["s.json"]


def test_no_file_is_no_session(tmp_path: Path):
    assert SessionFile(tmp_path / "s.json").load(ACCOUNT, CookieJar()) is None


def test_session_of_another_account_is_none(tmp_path: Path):
    file, jar = SessionFile(tmp_path / "s.json"), CookieJar()
    file.save(SESSION, full_jar())
    assert file.load(QQNumber(10001), jar) is None
    assert list(jar) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"form":2}', b"\xff\xfe", b'{"form":"x"}'])
def test_damaged_file_is_no_session(tmp_path: Path, content: bytes, expect_log):
    expect_log("webqq.client", "the saved session in .* cannot be used")
    (tmp_path / "s.json").write_bytes(content)
    assert SessionFile(tmp_path / "s.json").load(ACCOUNT, CookieJar()) is None


def test_file_of_another_version_is_no_session(tmp_path: Path):
    file = SessionFile(tmp_path / "s.json")
    file.save(SESSION, full_jar())
    text = (tmp_path / "s.json").read_text()
    (tmp_path / "s.json").write_text(text.replace('"form":2', '"form":3'))
    assert file.load(ACCOUNT, CookieJar()) is None


def test_folder_that_cannot_be_written_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be saved in .*: Not a directory"):
        SessionFile(tmp_path / "file" / "s.json").save(SESSION, CookieJar())


def test_forgetting_removes_the_file(tmp_path: Path):
    file = SessionFile(tmp_path / "s.json")
    file.save(SESSION, full_jar())
    file.forget()
    file.forget()
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_removed_is_no_error(tmp_path: Path, expect_log):
    expect_log("webqq.client", "cannot be removed")
    (tmp_path / "file").write_text("")
    SessionFile(tmp_path / "file" / "s.json").forget()
