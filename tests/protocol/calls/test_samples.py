"""Every answer of the service that was handed down is read, and built again as it was."""

import json

import pytest

from tests.protocol.data import HERE, sample, sample_index
from webqq.protocol.calls import CALLS
from webqq.protocol.events import UnknownEvent
from webqq.protocol.flavour import Flavour

ROWS = {call.name: call for call in CALLS}
FLAVOURS = {"2013": Flavour.WEBQQ_2013, "2016": Flavour.SMARTQQ_2016}


def comparable(name: str, body: bytes) -> object:
    return json.loads(body) if name.endswith(".json") else body.decode().strip()


# Answers that are read and never built, and why; all others are built again equal.
NEVER_BUILT = {
    "login-page.2013.txt": "only its line of the signature is documented; ours holds what further clients look for",
    "poll2-idle-ok.json": "nothing to report has one form in each flavour, 102 and a success without a result",
}


# What is built otherwise than in the sample, whose wrapping was made up: in captures the size of a file is a number and
# its id a text. Both forms are read.
OTHERWISE = {
    "upload_offline_pic.2013.txt": {'"filesize":"137972", "fileid":1': '"filesize":137972, "fileid":"1"'},
    "upload_offline_file.2013.txt": {'"filesize":"235"': '"filesize":235'},
}


@pytest.mark.parametrize("row", sample_index(), ids=lambda row: f"{row['file']}-{row['call']}")
def test_sample_is_read_and_built_again_in_its_flavours(row):
    call, body = ROWS[row["call"]], sample(row["file"])
    reply = call.parse_reply(body)
    assert UnknownEvent.__name__ not in repr(reply)
    assert bool(row["flavours"]) is (row["file"] not in NEVER_BUILT)
    for year in row["flavours"]:
        built = call.serialize_reply(reply, FLAVOURS[year])
        for ours, theirs in OTHERWISE.get(row["file"], {}).items():
            body = body.replace(ours.encode(), theirs.encode())
        assert comparable(row["file"], built) == comparable(row["file"], body)


WITHOUT_SAMPLE = {
    # Bytes, or a body without a meaning.
    *("getimage", "check_sig", "ptqrshow", "ptlogout", "getface", "qlogo"),
    *("get_group_pic", "get_cface2", "get_offline_file", "upload_file", "delete_cface"),
    # No answer was handed down but the words "retcode 0".
    *("create_discu", "change_discu_mem", "modify_discu_info", "quit_discu"),
    *("get_group_info", "update_group_business_card2", "notify_offfile2"),
    *("add_no_verify2", "add_need_verify2", "search_qq_by_uin2", "apply_join_group2", "quit_group2"),
    *("change_mark_name2", "update_group_info2", "modify_friend_group", "delete_friend", "messagefilter"),
}


def test_every_other_call_has_a_sample():
    assert set(ROWS) - {row["call"] for row in sample_index()} == WITHOUT_SAMPLE


def test_every_sample_is_in_the_index():
    files = {path.name for path in (HERE / "samples").iterdir()}
    assert files == {row["file"] for row in sample_index()} | {"index.json"}


def test_no_path_is_that_of_two_calls():
    paths = [path for call in CALLS for path in (call.path, *call.aliases)]
    assert len(paths) == len(set(paths))
    assert all(path.startswith("/") for path in paths)
