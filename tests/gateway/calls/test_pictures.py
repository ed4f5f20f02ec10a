import asyncio
import re
from pathlib import Path

import pytest

from tests.gateway.helpers import BOT, LONER, PASSWORDS, PERSON, THIRD, living
from tests.gateway.wire import D_2013, Answer, Client, signed_in
from webqq.gateway.calls import pictures

PNG = b"\x89PNG\r\n\x1a\n and so on"
OFFLINE, BOX = "weboffline.ftn.qq.com", "up.web2.qq.com"


async def upload_pic(client: Client, data: bytes, **more: object) -> Answer:
    fields = {"uin": client.account, "skey": client.cookies["skey"], "peeruin": 1, "fileid": 3, **more}
    return await client.upload(OFFLINE, "/ftn_access/upload_offline_pic?time=1", fields, ("file", "猫.png", data))


async def upload_face(client: Client, data: bytes) -> str:
    fields = {"from": "control", "vfwebqq": client.vfwebqq, "fileid": 1}
    answer = await client.upload(BOX, "/cgi-bin/cface_upload?time=1", fields, ("custom_face", "a.gif", data))
    return answer.body.decode()


async def offpic(client: Client, path: str) -> Answer:
    return await client.get(D_2013, "/channel/get_offpic2", file_path=path, f_uin=1, **client.ids)


def test_picture_goes_to_a_friend_and_to_nobody_else(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, PERSON, THIRD)]
            bot, person, third = await signed_in(gateway.url, *people)
            answer = await upload_pic(bot, PNG)
            pattern = r"callbackSendPic\(\{\"retcode\":0, \"result\":\"OK\", \"progress\":100, \"filesize\":(\d+), "
            pattern += r"\"fileid\":\"3\".*\"filepath\":\"(/[0-9a-f-]{36})\"\}\);</script>"
            found = re.search(pattern, answer.body.decode())
            assert found is not None
            assert int(found[1]) == len(PNG)
            path = found[2]
            assert (await offpic(person, path)).json == {"retcode": 103, "errmsg": ""}
            sent = await bot.send(await bot.friend(), "看图 ", ["offpic", path, "猫.png", len(PNG)])
            assert sent.json["retcode"] == 0
            (message,) = await person.news("message")
            assert message["content"][1:] == ["看图 ", ["offpic", {"success": 1, "file_path": path}]]
            got = await offpic(person, path)
            assert (got.body, got.headers["Content-Type"]) == (PNG, "image/png")
            assert got.headers["X-Content-Type-Options"] == "nosniff"
            assert (await offpic(third, path)).json == {"retcode": 103, "errmsg": ""}
            # Whoever has it may send it on; others cannot even name it.
            assert (await third.send_group((await third.group())["gid"], "x", ["cface", "group", path])).json[
                "retcode"
            ] == 100001

    asyncio.run(main())


def test_picture_of_a_group_is_for_its_members(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            people = [(each, PASSWORDS[each]) for each in (BOT, THIRD, LONER)]
            bot, third, loner = await signed_in(gateway.url, *people)
            page = await upload_face(bot, PNG)
            found = re.fullmatch(r".*callbackSendPicGroup\(\{'ret':0,'msg':'([0-9A-F]{32}\.png)'\}\);</script>", page)
            assert found is not None
            name = found[1]
            assert "'ret':4" in await upload_face(bot, PNG)
            signature = (await bot.get(D_2013, "/channel/get_gface_sig2", **bot.ids)).json["result"]
            more = {"key": signature["gface_key"], "sig": signature["gface_sig"]}
            sent = await bot.send_group((await bot.group())["gid"], ["cface", "group", name], "\n", **more)
            assert sent.json["retcode"] == 0
            (message,) = await third.news("group_message")
            ((kind, picture),) = [part for part in message["content"] if part[0] == "cface"]
            assert (kind, picture["name"]) == ("cface", name)
            address, _, port = picture["server"].partition(":")
            query = {"type": 0, "gid": (await third.group())["code"], "uin": message["send_uin"], "rip": address}
            query |= {"rport": port, "fid": picture["file_id"], "pic": name, "t": 1}
            for client, vfwebqq in ((third, third.vfwebqq), (third, "")):
                got = await client.get("web2.qq.com", "/cgi-bin/get_group_pic", **query, vfwebqq=vfwebqq)
                assert (got.body, got.headers["Content-Type"]) == (PNG, "image/png")
            got = await loner.get("web2.qq.com", "/cgi-bin/get_group_pic", **query, vfwebqq=loner.vfwebqq)
            assert got.json["retcode"] == 103
            removal = await bot.get("web2.qq.com", "/cgi-bin/webqq_app/", cmd=12, bd=name, vfwebqq=bot.vfwebqq)
            assert (removal.status, removal.body) == (200, b"")

    asyncio.run(main())


def test_custom_face_goes_to_a_friend(tmp_path: Path) -> None:
    async def main() -> None:
        async with living(tmp_path, hold=0.05) as gateway:
            bot, person = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]), (PERSON, PASSWORDS[PERSON]))
            found = re.search(r"'msg':'([^']+)'", await upload_face(bot, PNG))
            assert found is not None
            assert (await bot.send(await bot.friend(), ["cface", found[1]], "x")).json["retcode"] == 0
            (message,) = await person.news("message")
            assert message["content"][1] == ["cface", found[1], ""]
            query = {"lcid": message["msg_id"], "guid": found[1], "to": message["from_uin"], "count": 5, "time": 1}
            got = await person.get(D_2013, "/channel/get_cface2", **query, **person.ids)
            assert got.body == PNG

    asyncio.run(main())


def test_what_is_no_picture_or_too_large_or_a_strangers_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PICTURE_BYTES", 1000)

    async def main() -> None:
        async with living(tmp_path) as gateway:
            (bot,) = await signed_in(gateway.url, (BOT, PASSWORDS[BOT]))
            for data in (b"<svg onload=alert(1)>", b"", PNG * 100):
                assert '"filepath":""' in (await upload_pic(bot, data)).body.decode()
            assert "'ret':1" in await upload_face(bot, b"<html>")
            assert "'ret':2" in await upload_face(bot, PNG * 100)
            for more in ({"skey": "@000000000"}, {"uin": PERSON}, {"skey": "词"}):
                assert b'"retcode":100000' in (await upload_pic(bot, PNG, **more)).body
            assert list((tmp_path / "data" / "media").iterdir()) == []

    asyncio.run(main())
