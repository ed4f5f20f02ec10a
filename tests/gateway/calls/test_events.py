import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.helpers import BOT, GROUP, PERSON, THIRD, Clock, services
from tests.gateway.test_notes import NOTES
from tests.gateway.test_sessions import sign_in
from webqq.gateway.calls.events import Words, events_of
from webqq.gateway.delivery import Batch, GapNotice, KickNotice, Notice, SignalNotice, StatusNotice
from webqq.gateway.mailbox import Letter
from webqq.gateway.notes import GroupChange, GroupChanged, InDiscuss, InSession, Note
from webqq.protocol.content import Content, GroupPicture
from webqq.protocol.events import Tips, parse_events, serialize_events
from webqq.protocol.flavour import Flavour
from webqq.protocol.status import Status

PICTURE = GroupPicture("0F1E2D3C4B5A69788796A5B4C3D2E1F0.png")


def said(
    folder: Path,
    *letters: Letter,
    notices: tuple[Notice, ...] = (),
    flavour: Flavour = Flavour.WEBQQ_2013,
    server: tuple[str, int] = ("192.0.2.1", 80),
) -> list[dict[str, Any]]:
    """What BOT's client gets, oldest first; each event is read again by the protocol's own reader on the way."""

    async def main() -> list[dict[str, Any]]:
        async with services(folder, Clock()) as parts:
            roster = parts.roster(await sign_in(parts.sessions, BOT))
            words = Words(roster, flavour, server, lambda account: (10, 1), lambda file: f"key {file}")
            events = events_of(Batch(letters, notices), words)
            written = serialize_events(events, flavour)
            assert flavour is Flavour.SMARTQQ_2016 or parse_events(serialize_events(events, flavour)) == events
            found: list[dict[str, Any]] = list(reversed(written))
            return found

    return asyncio.run(main())


def letter(note: Note | None = None, *, content: Content | None = None, group: bool = False) -> Letter:
    return Letter(7, THIRD, GROUP if group else None, 3, 1_700_000_000, content or Content(("x",)), 1, note)


@pytest.mark.parametrize("note", [note for note in NOTES if not isinstance(note, InDiscuss | InSession | GroupChanged)])
def test_each_note_becomes_an_event_that_can_be_read(tmp_path: Path, note: Note) -> None:
    known = getattr(note, "added", ())
    if known:
        note = type(note)(added=(PERSON,), removed=(THIRD,))  # type: ignore[call-arg]  # that kind has them
    assert len(said(tmp_path, letter(note))) == 1


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (GroupChange.JOINED, "group_join"),
        (GroupChange.LEFT, "group_leave"),
        (GroupChange.REMOVED, "group_leave"),
        (GroupChange.ASKED, "group_request_join"),
        (GroupChange.AGREED, "group_request_join_agree"),
        (GroupChange.DENIED, "group_request_join_deny"),
        (GroupChange.ADMIN, "group_admin_op"),
        (GroupChange.NO_ADMIN, "group_admin_op"),
    ],
)
def test_change_of_a_group_names_it_by_all_its_numbers(tmp_path: Path, change: GroupChange, kind: str) -> None:
    (event,) = said(tmp_path, letter(GroupChanged(group=GROUP, change=change, member=PERSON)))
    value = event["value"]
    assert (event["poll_type"], value["type"], value["t_gcode"], value["to_uin"]) == ("sys_g_msg", kind, GROUP, BOT)
    assert value["from_uin"] != value["gcode"]


def test_messages_through_something_name_it(tmp_path: Path) -> None:
    notes = (InDiscuss(discuss=4, version=2), InSession(group=GROUP), InSession(discuss=4))
    discuss, by_group, by_discuss = said(tmp_path, *map(letter, notes))
    assert (discuss["value"]["from_uin"], discuss["value"]["info_seq"]) == (10000, 2)
    assert (by_group["value"]["service_type"], by_discuss["value"]["service_type"]) == (0, 1)
    assert by_discuss["value"]["id"] == discuss["value"]["did"] != by_group["value"]["id"]
    assert by_group["value"]["ruin"] == THIRD


def test_group_message_of_2016_has_the_gid_twice_and_of_2013_both_numbers(tmp_path: Path) -> None:
    (older,) = said(tmp_path / "a", letter(group=True))
    (newer,) = said(tmp_path / "b", letter(group=True), flavour=Flavour.SMARTQQ_2016)
    assert older["value"]["from_uin"] != older["value"]["group_code"]
    assert newer["value"]["from_uin"] == newer["value"]["group_code"]
    assert (older["value"]["seq"], older["value"]["info_seq"]) == (3, GROUP)
    assert not {"seq", "info_seq", "msg_id2"} & set(newer["value"])


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]"])
def test_picture_in_a_group_says_where_it_is(tmp_path: Path, host: str) -> None:
    content = Content(("x", PICTURE, GroupPicture("词")))
    (event,) = said(tmp_path, letter(content=content, group=True), server=(host, 80))
    (_, first), (_, second) = event["value"]["content"][2:]
    assert (first["server"], first["file_id"]) == (f"{host}:80", 0x0F1E2D3C)
    assert second["file_id"] == 0


def test_notices_come_after_letters(tmp_path: Path) -> None:
    notices = (
        GapNotice(12),
        StatusNotice(PERSON, Status.AWAY, 1),
        SignalNotice(PERSON, True, 5),
        SignalNotice(PERSON, False, 6),
        KickNotice(),
    )
    events = said(tmp_path, letter(), notices=notices)
    types = ["message", "tips", "buddies_status_change", "shake_message", "input_notify", "kick_message"]
    assert [event["poll_type"] for event in events] == types
    assert Tips(tips=events[1]["value"]["tips"]).missed == 12
