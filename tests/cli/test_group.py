"""``webqq group``."""

from pathlib import Path

from tests.cli.process import call_here
from webqq.gateway import Administration
from webqq.protocol.ids import QQNumber

BOT, PERSON, GROUP = "100200300", "300400500", "900100"


def group(data: Path, *arguments: str) -> tuple[int, str, str]:
    result = call_here("group", *arguments, "--data", str(data))
    return result.returncode, result.stdout, result.stderr


def test_groups_are_added_changed_and_listed(tmp_path: Path) -> None:
    for number in (BOT, PERSON):
        Administration(tmp_path).add_account(QQNumber(int(number)), "nick", "secret")
    assert group(tmp_path, "add", GROUP, "us", "--owner", BOT, "--notice", "be nice") == (0, "", "")
    assert group(tmp_path, "join", GROUP, PERSON) == (0, "", "")
    assert group(tmp_path, "rename", GROUP, "我们") == (0, "", "")
    picture = tmp_path / "a.gif"
    picture.write_bytes(b"GIF89a")
    assert group(tmp_path, "avatar", GROUP, str(picture)) == (0, "", "")
    assert group(tmp_path, "list") == (0, f"{GROUP}\t我们\t{BOT}\t{BOT},{PERSON}\n", "")
    assert group(tmp_path, "owner", GROUP, PERSON) == (0, "", "")
    assert group(tmp_path, "leave", GROUP, BOT) == (0, "", "")
    assert group(tmp_path, "list") == (0, f"{GROUP}\t我们\t{PERSON}\t{PERSON}\n", "")
    code, _, err = group(tmp_path, "leave", GROUP, PERSON)
    assert (code, err) == (1, f"webqq: {PERSON} owns the group {GROUP}; give it another owner, or remove it\n")
    assert group(tmp_path, "remove", GROUP) == (0, "", "")
    assert group(tmp_path, "list") == (0, "", "")
    assert group(tmp_path, "avatar", GROUP, "--none") == (1, "", f"webqq: there is no group {GROUP}\n")
