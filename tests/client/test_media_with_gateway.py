"""Pictures and files from one account to another through the gateway, and pictures of people."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.client.pictures import code, enlarged, png_of
from tests.client.test_edits_with_gateway import at_home, friend_of, group_of, member_of
from tests.client.town import Town
from webqq.client import CallFailed, DiscussChat, FriendChat, GroupChat, NotAllowed, Outcome
from webqq.protocol.content import Content, CustomFace, GroupPicture, OfflinePicture
from webqq.protocol.events import (
    DiscussMessage,
    FileAccepted,
    FileOffer,
    FileRefused,
    FriendMessage,
    GroupMessage,
    OfflineFile,
    OfflineFileAnswer,
)
from webqq.protocol.flavour import Flavour

FLAVOURS = pytest.mark.parametrize("flavour", list(Flavour))
OLD = Flavour.WEBQQ_2013
BYTES = bytes(range(256)) * 40


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "图 片.png"
    rows = enlarged(code(), 2, 4)
    lines = [b"\0" + bytes(255 * (char == ".") for char in row) for row in rows]
    path.write_bytes(png_of(lines, len(rows[0]), 8, 0))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "文件 & <1>.bin"
    path.write_bytes(BYTES)
    return path


@FLAVOURS
def test_friend_and_group_get_a_picture_as_it_is(town: Town, picture: Path, tmp_path: Path, flavour: Flavour):
    """It can be sent in 2013 alone, and is fetched in both."""
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            [owner] = await at_home(stack, town, house.owner, flavour=OLD)
            [friend] = await at_home(stack, town, house.friend, flavour=flavour)
            send, fetch = owner.client.send_picture, friend.client.media.fetch_picture
            to_friend = await send(FriendChat(friend_of(owner)), picture, "看<看>")
            assert to_friend.outcome is Outcome.SENT
            heard = await friend.next(FriendMessage)
            [part, *rest] = heard.content.parts
            assert isinstance(part, OfflinePicture)
            assert "".join(map(str, rest)) == "看<看>"
            await fetch(heard, part, tmp_path / "one")
            assert (await send(GroupChat(group_of(owner)), picture)).outcome is Outcome.SENT
            in_group = await friend.next(GroupMessage)
            [again] = [each for each in in_group.content.parts if isinstance(each, GroupPicture)]
            await fetch(in_group, again, tmp_path / "two")

    town.play(script)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == picture.read_bytes()


def test_discussion_gets_a_picture_and_a_friend_a_custom_face(town: Town, picture: Path, tmp_path: Path):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=OLD)
            fetch = friend.client.media.fetch_picture
            did = await owner.client.edits.create_discussion("画", [friend_of(owner)])
            assert (await owner.client.send_picture(DiscussChat(did), picture)).outcome is Outcome.SENT
            heard = await friend.next(DiscussMessage)
            [part] = [each for each in heard.content.parts if isinstance(each, GroupPicture)]
            await fetch(heard, part, tmp_path / "one")
            face = await owner.client.uploads.custom_face(picture)
            chat = FriendChat(friend_of(owner))
            assert (await owner.client.send(chat, Content((face, "脸")))).outcome is Outcome.SENT
            message = await friend.next(FriendMessage)
            [got] = [each for each in message.content.parts if isinstance(each, CustomFace)]
            await fetch(message, got, tmp_path / "two")
            await owner.client.uploads.remove_custom_face(face.name)

    town.play(script)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == picture.read_bytes()


def test_picture_is_for_who_got_it_alone(town: Town, picture: Path, tmp_path: Path):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            people = await at_home(stack, town, house.owner, house.friend, house.member, flavour=OLD)
            owner, friend, member = people
            await owner.client.send_picture(FriendChat(friend_of(owner)), picture)
            heard = await friend.next(FriendMessage)
            with pytest.raises(CallFailed):
                await member.client.media.fetch_picture(heard, heard.content.parts[0], tmp_path / "stolen")  # type: ignore[arg-type]  # it is one
            assert not (tmp_path / "stolen").exists()

    town.play(script)


def test_direct_file_is_offered_and_taken(town: Town, file: Path, tmp_path: Path):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=OLD)
            lcid = await owner.client.uploads.direct_file(friend_of(owner), file)
            offer = await friend.next(FileOffer)
            assert (offer.name, offer.is_file) == (file.name, True)
            assert await friend.client.media.fetch_file(offer, tmp_path / "got") == len(BYTES)
            assert (tmp_path / "got").read_bytes() == BYTES
            assert (await owner.next(FileAccepted)).lcid == lcid

    town.play(script)


def test_direct_file_is_refused(town: Town, file: Path, tmp_path: Path):
    house = town.house()

    async def script() -> None:
        async with AsyncExitStack() as stack:
            owner, friend = await at_home(stack, town, house.owner, house.friend, flavour=OLD)
            first = await owner.client.uploads.direct_file(friend_of(owner), file)
            second = await owner.client.uploads.direct_file(friend_of(owner), file)
            assert first != second
            offer = await friend.next(FileOffer)
            await friend.client.media.refuse_file(offer)
            assert (await owner.next(FileRefused)).lcid == first
            with pytest.raises(CallFailed):
                await friend.client.media.fetch_file(offer, tmp_path / "got")

    town.play(script)


def test_file_that_is_left_is_fetched_by_who_comes_later(town: Town, file: Path, tmp_path: Path):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner) as owner:
            await owner.client.uploads.file(friend_of(owner), file)
            async with town.resident(house.friend) as friend:
                left = await friend.next(OfflineFile)
                assert (left.name, left.size) == (file.name, len(BYTES))
                assert await friend.client.media.fetch_file(left, tmp_path / "got") == len(BYTES)
                assert (tmp_path / "got").read_bytes() == BYTES
                taken = await owner.next(OfflineFileAnswer)
                assert (taken.action, taken.filename, taken.filesize) == (1, file.name, len(BYTES))
                await friend.client.media.refuse_file(left)
                assert (await owner.next(OfflineFileAnswer)).action == 2

    town.play(script)


def test_nothing_is_uploaded_in_2016(town: Town, picture: Path):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner, flavour=Flavour.SMARTQQ_2016) as owner:
            for upload in (owner.client.uploads.file, owner.client.uploads.direct_file):
                with pytest.raises(NotAllowed, match="2016"):
                    await upload(friend_of(owner), picture)

    town.play(script)


@FLAVOURS
def test_everybody_and_every_group_has_a_picture(town: Town, tmp_path: Path, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner, flavour=flavour) as owner:
            media = owner.client.media
            await media.fetch_avatar(FriendChat(friend_of(owner)), tmp_path / "friend")
            await media.fetch_avatar(FriendChat(await member_of(owner, "成员")), tmp_path / "member")
            await media.fetch_avatar(GroupChat(group_of(owner)), tmp_path / "group")
            await media.fetch_avatar_of(house.friend, tmp_path / "by number", edge=40)

    town.play(script)
    pictures = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert all(each.startswith(b"\x89PNG") for each in pictures.values())
    assert pictures["friend"] == pictures["by number"]
    assert len(set(pictures.values())) == 3
