"""A small WebQQ client, written from the protocol's reference alone, with a hand on each connection.

It shares no code with :mod:`webqq`, so that a fault in :mod:`webqq.protocol` is not on both sides.
"""

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass, field
from email import message_from_string
from email.message import Message
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Json = dict[str, Any]

STATIC, D_2013, D_2016, PTLOGIN = "s.web2.qq.com", "d.web2.qq.com", "d1.web2.qq.com", "ssl.ptlogin2.qq.com"
FONT = ["font", {"name": "宋体", "size": 10, "style": [0, 0, 0], "color": "000000"}]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    @property
    def args(self) -> list[str]:
        """The quoted arguments of a JavaScript call."""
        return re.findall(r"'([^']*)'", self.body.decode())

    @property
    def cookies(self) -> dict[str, str]:
        """What is set, each with its attributes."""
        lines = self.headers.get_all("Set-Cookie") or []
        return dict(line.split("=", 1) for line in lines)


class Line:
    """One connection, for one exchange after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, url: str) -> "Line":
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def send(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> None:
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def receive(self) -> Answer:
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, _, rest = head.partition("\r\n")
            headers = message_from_string(rest)
            body = await self.reader.readexactly(int(headers.get("Content-Length", 0)))
        return Answer(int(first.split()[1]), headers, body)

    async def ended(self) -> bool:
        """Whether the other side closes now."""
        async with asyncio.timeout(10):
            return await self.reader.read(1) == b""

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """End it the hard way."""
        self.writer.transport.abort()


@dataclass(slots=True)
class Client:
    """An account at a gateway. Each call has a connection of its own unless it is given one."""

    url: str
    account: int
    clientid: str = "73937875"
    psessionid: str | None = None
    ptwebqq: str = ""
    vfwebqq: str = ""
    dynamic: str = D_2013
    cookies: dict[str, str] = field(default_factory=dict)
    sent: int = 43690000
    foreign: dict[str, str] = field(default_factory=dict)
    """Headers that a browser adds for another site's page."""

    # How calls travel.

    async def call(
        self,
        method: str,
        host: str,
        target: str,
        body: bytes = b"",
        *,
        line: Line | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        own = line or await Line.open(self.url)
        try:
            await own.send(method, target, self.headers(host) | (headers or {}), body)
            answer = await own.receive()
        finally:
            if line is None:
                own.close()
        for name, rest in answer.cookies.items():
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def headers(self, host: str) -> dict[str, str]:
        headers = {"Host": host, "User-Agent": "Mozilla/5.0", "Origin": f"http://{self.dynamic}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return headers | {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"} | self.foreign

    async def get(self, host: str, path: str, **query: object) -> Answer:
        return await self.call("GET", host, f"{path}?{urlencode(query)}")

    def envelope(self, r: Json) -> bytes:
        form = {"r": json.dumps(r, ensure_ascii=False)}
        if self.dynamic == D_2013:
            form |= {"clientid": self.clientid, "psessionid": self.psessionid or "null"}
        return urlencode(form, quote_via=quote).encode()

    async def post(self, host: str, path: str, line: Line | None = None, **r: object) -> Answer:
        return await self.call("POST", host, path, self.envelope(r), line=line)

    @property
    def ids(self) -> Json:
        return {"clientid": self.clientid, "psessionid": self.psessionid}

    # Signing in.

    async def check(self) -> list[str]:
        return (await self.get("check.ptlogin2.qq.com", "/check", uin=self.account, appid=1003903, r=0.5)).args

    async def login(self, password: str, *, host: str = PTLOGIN, code: str = "", **more: object) -> Answer:
        found = await self.check()
        p = digest(password, found[2], code or found[1])
        query: Json = {"u": self.account, "p": p, "verifycode": code or found[1], "aid": 1003903, "daid": 164, **more}
        return await self.get(host, "/login", **query)

    async def prove(self, password: str) -> None:
        """From the password to the cookies."""
        args = (await self.login(password)).args
        assert args[0] == "0", args
        url = urlsplit(args[2])
        answer = await self.call("GET", url.netloc, f"{url.path}?{url.query}")
        assert answer.status == 302
        self.ptwebqq = self.cookies["ptwebqq"]

    async def login2(self, **more: object) -> Json:
        r = {"status": "online", "ptwebqq": self.ptwebqq, "passwd_sig": "", **self.ids, **more}
        return (await self.post(self.dynamic, "/channel/login2", **r)).json

    async def sign_in(self, password: str) -> "Client":
        await self.prove(password)
        result = (await self.login2())["result"]
        assert result["uin"] == self.account
        self.psessionid, self.vfwebqq = result["psessionid"], result["vfwebqq"]
        return self

    # Uploads and group management.

    async def upload(self, host: str, target: str, fields: dict[str, object], file: tuple[str, str, bytes]) -> Answer:
        """``file`` is the field, the file's name and its bytes."""
        name, filename, data = file
        lines = [f'--B0\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields]
        head = f'--B0\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        body = "".join([*lines, head, "Content-Type: text/html\r\n\r\n"]).encode() + data + b"\r\n--B0--\r\n"
        return await self.call("POST", host, target, body, headers={"Content-Type": "multipart/form-data; boundary=B0"})

    async def manage(self, path: str, **fields: object) -> Json:
        """A call of group management, with the number that proves the cookies."""
        form = urlencode({"bkn": bkn(self.cookies.get("skey", "")), **fields}).encode()
        return (await self.call("POST", "qun.qq.com", path, form)).json

    # The roster.

    async def online(self) -> Json:
        return (await self.get(self.dynamic, "/channel/get_online_buddies2", **self.ids)).json

    async def friends(self) -> dict[str, int]:
        """Uins by nick as it came."""
        r: Json = {"h": "hello", "vfwebqq": self.vfwebqq, "hash": friends_hash(self.account, self.ptwebqq)}
        reply = (await self.post(STATIC, "/api/get_user_friends2", **r)).json
        return {info["nick"]: info["uin"] for info in reply["result"]["info"]}

    async def friend(self) -> int:
        """The uin of the only friend."""
        (uin,) = (await self.friends()).values()
        return uin

    async def group(self) -> Json:
        """The only group of the list."""
        r: Json = {"vfwebqq": self.vfwebqq, "hash": friends_hash(self.account, self.ptwebqq)}
        reply = (await self.post(STATIC, "/api/get_group_name_list_mask2", **r)).json
        (group,) = reply["result"]["gnamelist"]
        found: Json = group
        return found

    # Messages.

    async def send(self, uin: int, *parts: object, **more: object) -> Answer:
        return await self._send("/channel/send_buddy_msg2", {"to": uin}, parts, more)

    async def send_group(self, gid: int, *parts: object, **more: object) -> Answer:
        return await self._send("/channel/send_qun_msg2", {"group_uin": gid}, parts, more)

    async def send_to(self, kind: str, to: Json, *parts: object, **more: object) -> Answer:
        """A send of another kind, such as ``discu``."""
        return await self._send(f"/channel/send_{kind}_msg2", to, parts, more)

    async def news(self, poll_type: str) -> list[Json]:
        """The next events of a type; those of others that come before are passed over. None: of some polls."""
        for _ in range(4):
            if found := events(await self.poll(), poll_type):
                return found
        return []

    async def _send(self, path: str, to: Json, parts: tuple[object, ...], more: Json) -> Answer:
        self.sent += 1
        content = json.dumps([*parts, FONT], ensure_ascii=False)
        r = {**to, "content": content, "face": 573, "msg_id": self.sent, **self.ids, **more}
        return await self.post(self.dynamic, path, **r)

    async def poll(self, key: object = 0, line: Line | None = None) -> Json:
        return (await self.post(self.dynamic, "/channel/poll2", line, **self.poll_fields(key))).json

    def poll_fields(self, key: object = 0) -> Json:
        return {**self.ids, "key": key, "ids": []}

    async def begin_poll(self, line: Line, key: object = 0) -> None:
        """Send a poll and leave its answer for later."""
        body = self.envelope(self.poll_fields(key))
        await line.send("POST", "/channel/poll2", self.headers(self.dynamic), body)


def events(reply: Json, poll_type: str) -> list[Json]:
    """The values of the events of a type, oldest first."""
    return [event["value"] for event in reversed(reply.get("result", [])) if event["poll_type"] == poll_type]


def texts(reply: Json) -> list[str]:
    """The texts of the friend's and group messages, oldest first, as they stand there."""
    values = [each["value"] for each in reversed(reply.get("result", [])) if each["poll_type"].endswith("message")]
    return ["".join(part for part in value["content"][1:] if isinstance(part, str)) for value in values]


def bkn(skey: str) -> int:
    hashed = 5381
    for char in skey:
        hashed += (hashed << 5) + ord(char)
    return hashed & 0x7FFFFFFF


def digest(password: str, salt: str, code: str) -> str:
    h1 = _md5(password.encode())
    h2 = _md5(h1 + bytes(int(pair, 16) for pair in salt.split("\\x")[1:])).hex().upper()
    return _md5((h2 + code.upper()).encode()).hex().upper()


def friends_hash(account: int, ptwebqq: str) -> str:
    folded = [0, 0, 0, 0]
    for index, char in enumerate(ptwebqq):
        folded[index % 4] ^= ord(char)
    own = [byte ^ mask for byte, mask in zip(account.to_bytes(4, "big"), b"ECOK", strict=True)]
    return "".join(f"{n:02X}{v:02X}" for n, v in zip(folded, own, strict=True))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


async def signed_in(url: str, *accounts: tuple[int, str], dynamic: str = D_2013) -> list[Client]:
    """Clients of these accounts and passwords; nobody has news of the others' coming any more."""
    clients = [await Client(url, account, dynamic=dynamic).sign_in(password) for account, password in accounts]
    for client in clients:
        await client.online()
    return clients


async def member_uin(client: Client, nick: str) -> int:
    """The uin of a member of the only group."""
    code = (await client.group())["code"]
    info = await client.get(STATIC, "/api/get_group_info_ext2", gcode=code, vfwebqq=client.vfwebqq)
    found: int = {each["nick"]: each["uin"] for each in info.json["result"]["minfo"]}[nick]
    return found
