"""A file under another name until it is whole."""

import json
from pathlib import Path

import pytest

from webqq.cli.fetching.files import InUse, PartFile
from webqq.cli.fetching.ranges import Partial

URL = "http://a/file"


def cut(folder: Path, data: bytes = b"01234", validator: str | None = '"v"', total: int | None = 10) -> Path:
    """A file of which ``data`` came before the run ended."""
    file = PartFile(folder / "file", URL)
    file.begin(validator, total)
    file.write(data)
    file.close()
    return folder / "file"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_file_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    file = PartFile(tmp_path / "file", URL)
    file.begin('"v"', 5)
    file.write(b"01234")
    assert names(tmp_path) == {"file.part", "file.part.json"}
    file.finish(1_000_000_000.0)
    file.close()
    assert names(tmp_path) == {"file"}
    assert (tmp_path / "file").read_bytes() == b"01234"
    assert (tmp_path / "file").stat().st_mtime == 1_000_000_000


def test_part_is_continued(tmp_path: Path) -> None:
    path = cut(tmp_path)
    file = PartFile(path, URL)
    assert file.partial == Partial(5, '"v"', 10)
    file.go_on(10)
    file.write(b"56789")
    file.finish(None)
    assert path.read_bytes() == b"0123456789"


def test_part_without_a_validator_is_not_kept(tmp_path: Path) -> None:
    cut(tmp_path, validator=None)
    assert names(tmp_path) == set()


def test_part_without_a_byte_is_not_kept(tmp_path: Path) -> None:
    cut(tmp_path, b"")
    assert names(tmp_path) == set()


def test_part_of_another_url_is_not_continued(tmp_path: Path) -> None:
    file = PartFile(cut(tmp_path), "http://b/file")
    assert file.partial is None
    file.begin('"w"', 3)
    file.write(b"abc")
    file.finish(None)
    assert (tmp_path / "file").read_bytes() == b"abc"


@pytest.mark.parametrize(
    "record",
    [
        "junk",
        "[]",
        "{}",
        json.dumps({"url": URL, "validator": 1, "total": None}),
        json.dumps({"url": URL, "validator": '"v"\r\nX: y', "total": None}),
        json.dumps({"url": URL, "validator": '"v"'}),
        json.dumps({"url": URL, "validator": '"v"', "total": "10"}),
    ],
)
def test_record_that_makes_no_sense_is_as_none(tmp_path: Path, record: str) -> None:
    path = cut(tmp_path)
    (tmp_path / "file.part.json").write_text(record)
    file = PartFile(path, URL)
    assert file.partial is None
    file.close()


def test_two_at_once_do_not_write_one_file(tmp_path: Path) -> None:
    first = PartFile(tmp_path / "file", URL)
    with pytest.raises(InUse, match=r"file\.part"):
        PartFile(tmp_path / "file", URL)
    first.close()
    PartFile(tmp_path / "file", URL).close()
    assert names(tmp_path) == set()


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "file.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="file"):
        PartFile(tmp_path / "file", URL)
    assert not (tmp_path / "elsewhere").exists()
