import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.gateway.calls.test_poll import begin_held
from tests.gateway.helpers import BOT, CHEAP, COMMUNITY, LONER, PASSWORDS, PERSON, THIRD, write_community
from tests.gateway.test_datafile import old_data
from tests.gateway.wire import Client, Line, events, signed_in, texts
from webqq.gateway import registry, tidings
from webqq.gateway.administration import Administration
from webqq.gateway.app import COMMUNITY_FILE, Gateway
from webqq.gateway.community import Group
from webqq.gateway.datafile import make_folder, visit
from webqq.gateway.errors import ArchiveError, ChangeRefused, StoreError
from webqq.gateway.vault import Secret
from webqq.protocol.ids import GroupNumber, QQNumber

NEW, NEW_GROUP = QQNumber(800900100), GroupNumber(900200)


def admin(folder: Path) -> Administration:
    return Administration(folder / "data", CHEAP)


async def started(folder: Path, file: Path | None = None) -> Gateway:
    gateway = Gateway(folder / "data", file, hasher=CHEAP, hold=0.01)
    await gateway.start()
    return gateway


def lay_community(folder: Path) -> None:
    """The community of the tests, as the first one of a data folder."""
    make_folder(folder / "data")
    (folder / "data" / COMMUNITY_FILE).write_text(COMMUNITY, "utf-8")


async def apply(gateway: Gateway, change: Callable[[], object]) -> None:
    """Do a change as a process of its own would, and have the gateway notice, unless it has already."""
    await asyncio.to_thread(change)
    await gateway._running().follow()
    assert not await gateway._running().follow()


def test_accounts_and_groups_made_before_the_first_start_are_the_community(tmp_path: Path) -> None:
    admin(tmp_path).add_account(BOT, "bot", "secret")
    admin(tmp_path).add_account(PERSON, "me", "secret too", friends=[BOT])
    admin(tmp_path).add_group(Group(GroupNumber(900100), "us", PERSON, (BOT, PERSON)))

    async def main() -> None:
        gateway = await started(tmp_path)
        assert list(gateway.community.accounts) == [BOT, PERSON]
        assert not gateway.is_seeded
        bot = await Client(gateway.url, BOT).sign_in("secret")
        assert list(await bot.friends()) == ["me"]
        await gateway.stop()

    asyncio.run(main())
    assert not (tmp_path / "data" / COMMUNITY_FILE).exists()


def test_running_gateway_takes_a_new_account_over_with_its_friends_and_letters(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        await apply(gateway, lambda: admin(tmp_path).add_account(NEW, "new", "n", friends=[PERSON]))
        assert (await person.send((await person.friends())["new"], "welcome")).json["retcode"] == 0
        new = await Client(gateway.url, NEW).sign_in("n")
        assert texts(await new.poll()) == ["welcome"]
        await gateway.stop()

    asyncio.run(main())


def test_running_gateway_notices_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webqq.gateway.app.FOLLOW_SECONDS", 0.001)
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        await asyncio.to_thread(admin(tmp_path).rename_account, BOT, "renamed")
        async with asyncio.timeout(10):
            while gateway.community.accounts[BOT].nick != "renamed":  # noqa: ASYNC110  # a timer of the gateway's
                await asyncio.sleep(0)
        await gateway.stop()

    asyncio.run(main())


def test_changes_that_cannot_be_read_are_logged_once_and_the_community_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lay_community(tmp_path)

    async def refuse() -> bool:
        raise StoreError("damaged")

    async def main() -> None:
        gateway = await started(tmp_path)
        services = gateway._running()
        for _ in range(2):
            with patch.object(type(services), "follow", lambda self: refuse()):
                await gateway._follow()
                await gateway._follow()
            await gateway._follow()
        assert len(gateway.community.accounts) == 4
        await gateway.stop()

    asyncio.run(main())
    told = [record.getMessage() for record in caplog.records if record.name == "webqq.gateway.app"]
    assert told == ["changes of the community cannot be read: damaged"] * 2


def test_other_password_signs_out_at_once_and_for_good(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        await apply(gateway, lambda: admin(tmp_path).set_password(PERSON, "other"))
        assert (await person.poll())["retcode"] == 103
        assert (await Client(gateway.url, PERSON).login(PASSWORDS[PERSON])).args[0] == "3"
        await Client(gateway.url, PERSON).sign_in("other")
        await gateway.stop()
        gateway = await started(tmp_path)
        person.url = gateway.url
        assert (await person.poll())["retcode"] == 103
        await gateway.stop()

    asyncio.run(main())


def test_account_is_signed_out_everywhere_and_keeps_its_password(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
        await apply(gateway, lambda: admin(tmp_path).sign_out(PERSON))
        assert (await person.online())["retcode"] == 103
        assert (await bot.online())["retcode"] == 0
        await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        await gateway.stop()

    asyncio.run(main())


def test_removed_account_is_gone_at_once_with_its_letters(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        third = await Client(gateway.url, THIRD).sign_in(PASSWORDS[THIRD])
        await person.send_group((await person.group())["gid"], "not for the next")
        await apply(gateway, lambda: admin(tmp_path).remove_account(THIRD))
        assert (await third.poll())["retcode"] == 103
        assert (await Client(gateway.url, THIRD).login(PASSWORDS[THIRD])).args[0] == "3"
        gateway._running().sweep()
        await apply(gateway, lambda: admin(tmp_path).add_account(THIRD, "next", "x"))
        assert (await (await Client(gateway.url, THIRD).sign_in("x")).poll())["retcode"] == 102
        await gateway.stop()

    asyncio.run(main())


def test_friends_hear_that_a_removed_account_is_offline(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
        await person.poll("new")
        await apply(gateway, lambda: admin(tmp_path).remove_account(BOT))
        (change,) = events(await person.poll("new"), "buddies_status_change")
        assert change["status"] == "offline"
        assert await person.friends() == {}
        await gateway.stop()

    asyncio.run(main())


def test_number_that_is_given_on_at_once_brings_no_letters_along(tmp_path: Path) -> None:
    lay_community(tmp_path)

    def give_on() -> None:
        admin(tmp_path).remove_account(THIRD)
        admin(tmp_path).add_account(THIRD, "next", "x")

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        await person.send_group((await person.group())["gid"], "not for the next")
        await apply(gateway, give_on)
        assert (await (await Client(gateway.url, THIRD).sign_in("x")).poll())["retcode"] == 102
        await gateway.stop()

    asyncio.run(main())


def test_letters_stay_with_an_account_that_gets_another_password(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        await person.send(await person.friend(), "still there")
        await apply(gateway, lambda: admin(tmp_path).set_password(BOT, "other"))
        assert texts(await (await Client(gateway.url, BOT).sign_in("other")).poll()) == ["still there"]
        await gateway.stop()

    asyncio.run(main())


def test_group_that_is_joined_and_left_while_it_runs(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        loner = await Client(gateway.url, LONER).sign_in(PASSWORDS[LONER])
        await apply(gateway, lambda: admin(tmp_path).join_group(GroupNumber(900100), LONER))
        gid = (await loner.group())["gid"]
        assert (await loner.send_group(gid, "hello")).json["retcode"] == 0
        await apply(gateway, lambda: admin(tmp_path).leave_group(GroupNumber(900100), LONER))
        assert (await loner.send_group(gid, "hello")).json["retcode"] != 0
        await gateway.stop()

    asyncio.run(main())


def test_changes_from_many_sides_beside_a_gateway_at_work_are_all_there(tmp_path: Path) -> None:
    lay_community(tmp_path)
    numbers = [QQNumber(810000000 + each) for each in range(12)]

    async def main() -> None:
        gateway = await started(tmp_path)
        person = await Client(gateway.url, PERSON).sign_in(PASSWORDS[PERSON])
        uin = await person.friend()
        threads = [threading.Thread(target=admin(tmp_path).add_account, args=(each, "n", "p")) for each in numbers]
        for thread in threads:
            thread.start()
        for _ in range(20):
            assert (await person.send(uin, "meanwhile")).json["retcode"] == 0
        for thread in threads:
            await asyncio.to_thread(thread.join)
        await gateway.stop()

    asyncio.run(main())
    assert set(numbers) <= set(admin(tmp_path).community().accounts)


def test_community_of_a_file_is_not_changed_by_commands(tmp_path: Path) -> None:
    file = write_community(tmp_path)

    async def main() -> None:
        await (await started(tmp_path, file)).stop()

    asyncio.run(main())
    with pytest.raises(ChangeRefused, match=r"told by .*community\.toml"):
        admin(tmp_path).rename_account(BOT, "x")
    with pytest.raises(ChangeRefused, match="told by"):
        admin(tmp_path).set_password(BOT, "x")
    with pytest.raises(ChangeRefused, match="told by"):
        admin(tmp_path).import_(admin(tmp_path).export(), replace=True)


def test_first_community_that_was_not_taken_over_yet_is_not_passed_over(tmp_path: Path) -> None:
    lay_community(tmp_path)
    old_data(tmp_path / "data")
    for misuse in (
        admin(tmp_path).export,
        lambda: admin(tmp_path).add_account(NEW, "new", "n"),
        lambda: admin(tmp_path).import_(made(tmp_path / "other").export(), replace=True),
    ):
        with pytest.raises(ChangeRefused, match=r"community\.toml was not taken over yet: start the gateway once"):
            misuse()

    async def main() -> None:
        await (await started(tmp_path)).stop()

    asyncio.run(main())
    admin(tmp_path).add_account(NEW, "new", "n")
    assert set(admin(tmp_path).community().accounts) == {*PASSWORDS, NEW}


def test_empty_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChangeRefused, match="password is empty"):
        admin(tmp_path).add_account(BOT, "bot", "")
    assert not (tmp_path / "data").exists()


def test_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    for misuse in (
        admin(tmp_path).community,
        lambda: admin(tmp_path).set_password(BOT, "x"),
        lambda: admin(tmp_path).sign_out(BOT),
    ):
        with pytest.raises(StoreError, match="there is no data folder"):
            misuse()
    assert not (tmp_path / "data").exists()


# The whole.


def made(folder: Path) -> Administration:
    folder.mkdir()
    found = admin(folder)
    found.add_account(BOT, "bot", "secret")
    found.add_account(PERSON, "me", "secret too", signature="s", friends=[BOT])
    found.add_group(Group(GroupNumber(900100), "us", PERSON, (BOT, PERSON), "notice"))
    return found


def test_export_goes_into_an_empty_folder_and_people_keep_their_passwords_with_the_key(tmp_path: Path) -> None:
    document = made(tmp_path / "old").export()
    (tmp_path / "new").mkdir()
    result = admin(tmp_path / "new").import_(document, key_of=tmp_path / "old" / "data")
    assert (result.accounts, result.groups, result.locked) == (2, 1, ())
    assert admin(tmp_path / "new").community() == admin(tmp_path / "old").community()

    async def main() -> None:
        gateway = await started(tmp_path / "new")
        await Client(gateway.url, PERSON).sign_in("secret too")
        await gateway.stop()

    asyncio.run(main())


def test_without_the_key_accounts_need_a_new_password_and_nothing_else_opens_them(
    tmp_path: Path, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.gateway.directory", "2 accounts need a new password")
    document = made(tmp_path / "old").export()
    (tmp_path / "new").mkdir()
    assert admin(tmp_path / "new").import_(document).locked == (BOT, PERSON)

    async def main() -> None:
        gateway = await started(tmp_path / "new")
        assert (await Client(gateway.url, PERSON).login("secret too")).args[0] == "3"
        await apply(gateway, lambda: admin(tmp_path / "new").set_password(PERSON, "fresh"))
        await Client(gateway.url, PERSON).sign_in("fresh")
        await gateway.stop()

    asyncio.run(main())


def test_import_over_a_community_needs_to_be_told(tmp_path: Path) -> None:
    target = made(tmp_path / "a")
    before = target.community()
    document = json.loads(target.export())
    del document["accounts"][1], document["groups"], document["accounts"][0]["friends"]
    with pytest.raises(ChangeRefused, match="a community of 2 accounts already"):
        target.import_(json.dumps(document).encode())
    assert target.community() == before
    target.import_(json.dumps(document).encode(), replace=True)
    assert list(target.community().accounts) == [BOT]
    assert target.community().groups == {}
    with visit(tmp_path / "a" / "data") as db:
        assert registry.read_all_secrets(db)[PERSON] == Secret("", b"")


def test_import_with_a_mistake_changes_nothing(tmp_path: Path) -> None:
    target = made(tmp_path / "a")
    before = target.export()
    document = json.loads(before)
    document["groups"][0]["owner"] = 1
    with pytest.raises(ArchiveError, match=r"groups\[0\]\.owner"):
        target.import_(json.dumps(document).encode(), replace=True)
    assert target.export() == before
    with pytest.raises(ArchiveError):
        admin(tmp_path / "new").import_(b"{}")
    assert not (tmp_path / "new").exists()


def test_key_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    document = made(tmp_path / "old").export()
    with pytest.raises(StoreError, match=r"there is no server\.key"):
        admin(tmp_path / "new").import_(document, key_of=tmp_path)
    assert not (tmp_path / "server.key").exists()


def test_nothing_to_export_is_told(tmp_path: Path) -> None:
    make_folder(tmp_path / "data")
    with pytest.raises(ChangeRefused, match="no community"):
        admin(tmp_path).export()


def test_people_who_are_signed_in_hear_what_commands_change(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        bot, person, third = await signed_in(gateway.url, *((each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD)))
        bots, persons = await bot.friend(), await person.friend()
        await apply(gateway, lambda: admin(tmp_path).unfriend(BOT, PERSON))
        assert await bot.news("buddylist_change") == [{"added_friends": [], "removed_friends": [{"uin": bots}]}]
        assert await bot.friends() == {}
        await apply(gateway, lambda: admin(tmp_path).befriend(BOT, PERSON))
        assert await person.news("buddylist_change") == [{"added_friends": [], "removed_friends": [{"uin": persons}]}]
        for client, uin in ((person, persons), (bot, bots)):
            assert await client.news("buddylist_change") == [
                {"added_friends": [{"groupid": 0, "uin": uin}], "removed_friends": []}
            ]
        await apply(gateway, lambda: admin(tmp_path).add_group(Group(NEW_GROUP, "new", BOT, (BOT, THIRD))))
        (made,) = await bot.news("sys_g_msg")
        assert (made["type"], made["t_gcode"], made["owner_uin"]) == ("group_create", NEW_GROUP, BOT)
        (joined,) = await third.news("sys_g_msg")
        assert (joined["type"], joined["t_gcode"], joined["new_member"]) == ("group_join", NEW_GROUP, THIRD)
        await apply(gateway, lambda: admin(tmp_path).set_owner(NEW_GROUP, THIRD))
        assert "路人甲 (500600700)" in (await bot.news("tips"))[0]["tips"]
        await apply(gateway, lambda: admin(tmp_path).leave_group(NEW_GROUP, BOT))
        (left,) = await bot.news("sys_g_msg")
        assert (left["type"], left["op_type"], left["old_member"]) == ("group_leave", 3, BOT)
        await apply(gateway, lambda: admin(tmp_path).remove_account(BOT))
        assert (await person.news("buddylist_change"))[-1]["removed_friends"] == [{"uin": persons}]
        assert [(await third.news("sys_g_msg"))[0]["op_type"] for _ in range(2)] == [3, 2]
        await gateway.stop()

    asyncio.run(main())


def test_change_made_while_no_gateway_runs_is_told_at_the_next_start(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
        await gateway.stop()
        admin(tmp_path).befriend(BOT, LONER)
        gateway = await started(tmp_path)
        bot.url = gateway.url
        (change,) = await bot.news("buddylist_change")
        assert [each["uin"] for each in change["added_friends"]] == [(await bot.friends())["独行"]]
        await gateway.stop()

    asyncio.run(main())


def test_command_that_is_cut_off_before_its_end_tells_nobody(tmp_path: Path) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = await started(tmp_path)
        bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
        with patch.object(tidings, "put_down", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            admin(tmp_path).unfriend(BOT, PERSON)
        assert not await gateway._running().follow()
        assert len(await bot.friends()) == 1
        assert await bot.news("buddylist_change") == []
        await gateway.stop()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda folder: admin(folder).set_password(BOT, "another"), "密码已更改"),
        (lambda folder: admin(folder).sign_out(BOT), "密码已更改"),
        (lambda folder: admin(folder).remove_account(BOT), "删除"),
    ],
)
def test_poll_that_is_held_ends_with_the_reason(tmp_path: Path, change: Callable[[Path], None], text: str) -> None:
    lay_community(tmp_path)

    async def main() -> None:
        gateway = Gateway(tmp_path / "data", hasher=CHEAP, hold=3600)
        await gateway.start()
        bot = await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])
        line = await Line.open(gateway.url)
        await begin_held(gateway, bot, line)
        await apply(gateway, lambda: change(tmp_path))
        (kick,) = events((await line.receive()).json, "kick_message")
        assert text in kick["reason"]
        assert (await bot.poll())["retcode"] == 103
        line.close()
        await gateway.stop()

    asyncio.run(main())
