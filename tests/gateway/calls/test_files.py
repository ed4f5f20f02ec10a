import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

from tests.gateway.helpers import BOT, LONER, PASSWORDS, PERSON, THIRD, living
from tests.gateway.wire import D_2013, Answer, Client, Json, Line, signed_in
from webqq.gateway.media import FILE_BYTES

HTML = b"<script>alert(1)</script>"


async def offer(client: Client, own: int, peer: int, data: bytes = HTML) -> Answer:
    path = f"/v2/{own}/{peer}/77/1075/47450/1/f/1/0/0?psessionid={client.psessionid}"
    return await client.upload("file1.web.qq.com", path, {}, ("file", "页.html", data))


async def take(client: Client, offered: dict[str, object], **more: object) -> Answer:
    query = {"lcid": offered["session_id"], "guid": offered["name"], "to": offered["from_uin"], "count": 1, "time": 1}
    return await client.get(D_2013, "/channel/get_file2", **(query | more), **client.ids)


def test_direct_file_is_offered_and_taken(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            assert (await offer(bot, BOT, await bot.friend())).status == 200
            (offered,) = await person.news("file_message")
            assert (offered["mode"], offered["name"], offered["type"]) == ("recv", "页.html", 101)
            assert offered["session_id"] & 0xFFF == 77
            for _ in range(2):
                got = await take(person, offered)
                assert got.body == HTML
                assert got.headers["Content-Type"] == "application/octet-stream"
                assert got.headers["Content-Disposition"].startswith("attachment; ")
                assert "default-src 'none'" in got.headers["Content-Security-Policy"]
            (taken,) = await bot.news("file_message")
            assert (taken["mode"], taken["session_id"]) == ("send_ack", offered["session_id"])
            assert await bot.news("file_message") == []
            # The offer is this account's alone.
            assert (await take(bot, offered)).json == {"retcode": 102, "errmsg": ""}

    asyncio.run(main())


def test_direct_file_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            await offer(bot, BOT, await bot.friend())
            (offered,) = await person.news("file_message")
            query = {"to": offered["from_uin"], "lcid": offered["session_id"], **person.ids}
            assert (await person.get(D_2013, "/channel/refuse_file2", **query)).json == {"retcode": 0, "result": "ok"}
            (refused,) = await bot.news("file_message")
            assert (refused["mode"], refused["cancel_type"]) == ("refuse", 2)
            assert (await take(person, offered)).json["retcode"] == 102
            assert list((tmp_path / "data" / "media").iterdir()) == []

    asyncio.run(main())


def test_nobody_offers_for_another_or_to_a_stranger(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            bot, loner = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (LONER, PASSWORDS[LONER]))
            await offer(bot, PERSON, await bot.friend())
            await offer(loner, LONER, BOT)
            loner.psessionid = "00"
            await offer(loner, LONER, BOT)
            assert list((tmp_path / "data" / "media").iterdir()) == []

    asyncio.run(main())


async def upload(client: Client, data: bytes = HTML) -> str:
    fields = {"uin": client.account, "skey": client.cookies["skey"], "peeruin": 1, "fileid": "1_2"}
    path = "/ftn_access/upload_offline_file?time=1"
    answer = await client.upload("weboffline.ftn.qq.com", path, fields, ("file", "测试.txt", data))
    found = re.search(r'"filepath":"([^"]*)"', answer.body.decode())
    assert found is not None
    return found[1]


async def give(client: Client, uin: int, path: str) -> int:
    r = {"to": str(uin), "file_path": path, "filename": "测试.txt", "to_uin": str(uin), **client.ids}
    code: int = (await client.post(D_2013, "/channel/send_offfile2", **r)).json["retcode"]
    return code


def test_file_is_left_for_a_friend_who_fetches_it_by_its_key(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            assert await give(bot, await bot.friend(), await upload(bot)) == 0
            (person,) = await signed_in(gateway.url, (PERSON, PASSWORDS[PERSON]))
            (left,) = await person.news("push_offfile")
            assert (left["name"], left["size"], left["from_uin"]) == ("测试.txt", len(HTML), await person.friend())
            assert f"http://{left['ip']}:{left['port']}" == gateway.url
            assert left["expire_time"] > left["time"]
            anybody = Client(gateway.url, 0)
            netloc = urlsplit(gateway.url).netloc
            query = {"ver": 2173, "rkey": left["rkey"], "range": 0}
            got = await anybody.get(netloc, "/%E6%B5%8B.html", **query)
            assert (got.body, got.headers["Content-Type"]) == (HTML, "application/octet-stream")
            assert (await anybody.get(netloc, "/x", **(query | {"range": 8}))).body == HTML[8:]
            (taken,) = await bot.news("notify_offfile")
            assert (taken["action"], taken["filename"], taken["filesize"]) == (1, "测试.txt", len(HTML))
            assert await bot.news("notify_offfile") == []
            wrong = query | {"rkey": left["rkey"][:-1] + ("0" if left["rkey"][-1] != "0" else "1")}
            assert (await anybody.get(netloc, "/x", **wrong)).json["retcode"] == 103

    asyncio.run(main())


async def refuse(client: Client, left: Json, **more: object) -> int:
    query = {"to": left["from_uin"], "file_name": left["name"], "file_size": left["size"], "action": 2, **client.ids}
    code: int = (await client.get(D_2013, "/channel/notify_offfile2", **(query | more))).json["retcode"]
    return code


def test_file_left_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            assert await give(bot, await bot.friend(), await upload(bot)) == 0
            (left,) = await person.news("push_offfile")
            wrong = ({"file_name": "b.txt"}, {"file_size": 3}, {"file_size": 2**70}, {"file_name": ""}, {"action": 1})
            for fields in wrong:
                assert await refuse(person, left, **fields) == 100001
            assert await bot.news("notify_offfile") == []
            assert await refuse(person, left) == 0
            (refused,) = await bot.news("notify_offfile")
            assert (refused["action"], refused["filename"]) == (2, "测试.txt")
            assert await refuse(person, left) == 100001
            fetched = await person.get(urlsplit(gateway.url).netloc, "/x", rkey=left["rkey"], range=0)
            assert fetched.json["retcode"] == 103

    asyncio.run(main())


def test_file_of_another_is_not_given_on_nor_to_strangers(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD)]
            bot, person, third = await signed_in(gateway.url, *people)
            path = await upload(bot)
            assert await give(person, await person.friend(), path) == 100001
            assert await give(bot, THIRD, path) == 100001
            assert await give(third, BOT, path) == 100001
            assert await give(bot, await bot.friend(), "/../../etc/passwd") == 100001

    asyncio.run(main())


def test_upload_beyond_all_reason_is_cut_off(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            assert await upload(bot, b"x" * 500_000) != ""

            line = await Line.open(gateway.url)
            head = "POST /ftn_access/upload_offline_file HTTP/1.1\r\nHost: a\r\nContent-Length: "
            line.writer.write(f"{head}{FILE_BYTES + 10**6}\r\n\r\n".encode())
            assert b"400" in await line.reader.readline()
            line.close()
            assert gateway._services is not None
            assert gateway._services.uploads == 0

    asyncio.run(main())
