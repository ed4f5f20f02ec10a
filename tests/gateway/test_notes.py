import pytest

from webqq.gateway.errors import StoreError
from webqq.gateway.notes import (
    FileAnswered,
    FileOffered,
    FriendAccepted,
    FriendAdded,
    FriendAsked,
    FriendsChanged,
    GroupChange,
    GroupChanged,
    InDiscuss,
    InSession,
    Note,
    OfflineFileAnswered,
    OfflineFileLeft,
    Told,
    parse_note,
    serialize_note,
)

NOTES: list[Note] = [
    InDiscuss(discuss=1, version=2),
    InSession(group=900100),
    FriendAsked(message="我是<路人>"),
    FriendAdded(),
    FriendAccepted(has_added=True, category=2),
    FriendsChanged(added=(1, 2), removed=(3,)),
    *(GroupChanged(group=1, change=change, member=2) for change in GroupChange),
    FileOffered(session_id=4097, title="a.txt"),
    FileAnswered(session_id=4097, is_taken=False),
    OfflineFileLeft(file=1, title="a.txt", size=3, expires=9),
    OfflineFileAnswered(title="a.txt", size=3, is_taken=True),
    Told(text="…"),
]


@pytest.mark.parametrize("note", NOTES)
def test_note_is_the_same_after_the_data_file(note: Note) -> None:
    assert parse_note(serialize_note(note)) == note


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type":"Nothing"}', '{"type":"Told","text":1}'])
def test_text_that_is_no_note_is_an_error_of_the_store(text: str) -> None:
    with pytest.raises(StoreError, match="note"):
        parse_note(text)
