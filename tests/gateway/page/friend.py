"""Somebody to talk to: a small WebQQ client of 2013 on the standard library alone, in a thread of its own."""

import hashlib
import http.client
import json
import queue
import re
import threading
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]

FORM = "application/x-www-form-urlencoded; charset=UTF-8"

FONT = ["font", {"name": "宋体", "size": 10, "style": [0, 0, 0], "color": "000000"}]


def md5(data: bytes) -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


class Friend:
    """An account signed in at a gateway. What arrives is in ``events``; with ``echoes`` it answers each friend.

    Each call has a connection of its own, so that the poll that is held hinders nothing.
    """

    def __init__(self, address: str, account: int, password: str, *, echoes: bool = False) -> None:
        self.host = urlsplit(address).netloc
        self.account = account
        self.echoes = echoes
        self.events: queue.Queue[Json] = queue.Queue()
        self._cookies: SimpleCookie = SimpleCookie()
        self._leaving = threading.Event()
        self._last_id = 1_000_000
        self._sign_in(password)
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def leave(self) -> None:
        """Sign out and end the thread: the gateway answers the poll that is held."""
        self._leaving.set()
        self._get("/channel/logout2", ids="", **self._ids)
        self._thread.join()

    def expect(self, poll_type: str) -> Json:
        """Return the value of the next event of this type; 15 seconds for it."""
        while True:
            event = self.events.get(timeout=15)
            if event["poll_type"] == poll_type:
                value: Json = event["value"]
                return value

    def friend(self, nick: str) -> int:
        """Return the uin of a friend by the nick."""
        result = self._result("/api/get_user_friends2", h="hello", vfwebqq=self.vfwebqq, hash=self._hash())
        return next(int(info["uin"]) for info in result["info"] if info["nick"] == nick)

    def group(self, name: str) -> int:
        """Return the gid of a group by its name."""
        result = self._result("/api/get_group_name_list_mask2", vfwebqq=self.vfwebqq, hash=self._hash())
        return next(int(group["gid"]) for group in result["gnamelist"] if group["name"] == name)

    def write(self, uin: int, *parts: object) -> None:
        """Send parts to a friend."""
        self._send("/channel/send_buddy_msg2", parts, to=uin)

    def write_group(self, gid: int, *parts: object) -> None:
        """Send parts to a group."""
        self._send("/channel/send_qun_msg2", parts, group_uin=gid)

    def shake(self, uin: int) -> None:
        """Shake a friend's window."""
        self._get("/channel/shake2", to_uin=uin, **self._ids)

    def leave_file(self, uin: int, name: str, data: bytes) -> None:
        """Leave a file for a friend."""
        fields = {"uin": self.account, "skey": self._cookies["skey"].value, "peeruin": uin, "fileid": f"{uin}_1"}
        parts = [
            f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()
        ]
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/html\r\n\r\n'
        body = b"".join(b"--X\r\n" + part + b"\r\n" for part in (*parts, head.encode() + data)) + b"--X--\r\n"
        answer = self._call("POST", "/ftn_access/upload_offline_file?time=1", body, "multipart/form-data; boundary=X")
        left = json.loads(answer[answer.index("{") : answer.index("}") + 1])
        place = {"file_path": left["filepath"], "filename": left["filename"]}
        self._result("/channel/send_offfile2", to=str(uin), to_uin=str(uin), **place, **self._ids)

    def fetch_file(self, event: Json) -> bytes:
        """Fetch a file that was left, as its event says."""
        connection = http.client.HTTPConnection(self.host, timeout=90)
        try:
            connection.request("GET", f"/file?{urlencode({'ver': 2173, 'rkey': event['rkey'], 'range': 0})}")
            return connection.getresponse().read()
        finally:
            connection.close()

    def ask_friend(self, number: int, message: str) -> None:
        """Ask an account to be a friend."""
        found = json.loads(self._get("/api/search_qq_by_uin2", tuin=number, vfwebqq=self.vfwebqq))["result"]
        r = {"account": number, "msg": message, "token": found["token"], "vfwebqq": self.vfwebqq}
        self._result("/api/add_need_verify2", **r)

    def accept_friend(self, number: int) -> None:
        """Say yes to an account that asked."""
        self._result("/api/allow_and_add2", account=number, gid=0, mname="", vfwebqq=self.vfwebqq)

    def ask_group(self, number: int, message: str) -> None:
        """Ask to be a member of a group."""
        found = json.loads(self._get("/api/get_group_public_info2", gcode=number, vfwebqq=self.vfwebqq))["result"]
        r = {"gcode": found["ginfo"]["code"], "code": "", "vfy": "", "msg": message, "vfwebqq": self.vfwebqq}
        self._result("/api/apply_join_group2", **r)

    def quit_group(self, name: str) -> None:
        """Leave a group."""
        result = self._result("/api/get_group_name_list_mask2", vfwebqq=self.vfwebqq, hash=self._hash())
        code = next(group["code"] for group in result["gnamelist"] if group["name"] == name)
        self._result("/api/quit_group2", gcode=str(code), vfwebqq=self.vfwebqq)

    def let_in(self, code: str) -> None:
        """Say yes to a login by QR code."""
        for action in ("scan", "approve"):
            self._result("/approve", code=code, action=action, vfwebqq=self.vfwebqq)

    # Inside.

    def _sign_in(self, password: str) -> None:
        args = re.findall(r"'([^']*)'", self._get("/check", uin=self.account, appid=1003903, r=0.5))
        salt = bytes(int(pair, 16) for pair in args[2].split("\\x")[1:])
        salted = md5(md5(password.encode()).digest() + salt).hexdigest().upper()
        p = md5((salted + args[1].upper()).encode()).hexdigest().upper()
        answer = self._get("/login", u=self.account, p=p, verifycode=args[1], aid=1003903, daid=164)
        code, _, url, *_ = re.findall(r"'([^']*)'", answer)
        assert code == "0", answer
        parts = urlsplit(url)
        self._call("GET", f"{parts.path}?{parts.query}")
        self._ids: Json = {"clientid": "53999199", "psessionid": None}
        login = self._result("/channel/login2", status="online", ptwebqq=self._ptwebqq, passwd_sig="", **self._ids)
        self.vfwebqq = login["vfwebqq"]
        self._ids["psessionid"] = login["psessionid"]
        self._get("/channel/get_online_buddies2", **self._ids)

    @property
    def _ptwebqq(self) -> str:
        return self._cookies["ptwebqq"].value

    def _hash(self) -> str:
        folded = [0, 0, 0, 0]
        for i, char in enumerate(self._ptwebqq):
            folded[i % 4] ^= ord(char)
        own = bytes(a ^ b for a, b in zip(self.account.to_bytes(4, "big"), b"ECOK", strict=True))
        return "".join(f"{a:02X}{b:02X}" for a, b in zip(folded, own, strict=True))

    def _poll(self) -> None:
        key: object = 0
        while True:
            try:
                reply = json.loads(self._post("/channel/poll2", **self._ids, key=key, ids=[]))
            except (OSError, http.client.HTTPException):
                # The gateway is being restarted.
                if self._leaving.wait(0.02):
                    return
                continue
            if reply["retcode"] not in (0, 102):
                return
            key = reply.get("key", 0)
            # The newest comes first.
            for event in reversed(reply.get("result") or []):
                self._take(event)
                if event["poll_type"] == "kick_message":
                    return

    def _take(self, event: Json) -> None:
        if self.echoes and event["poll_type"] == "message":
            self.write(event["value"]["from_uin"], *event["value"]["content"][1:])
        self.events.put(event)

    def _send(self, path: str, parts: tuple[object, ...], **target: int) -> None:
        texts = [_unescaped(part) if isinstance(part, str) else part for part in parts]
        content = json.dumps([*texts, FONT], ensure_ascii=False)
        self._last_id += 1
        self._result(path, **target, face=0, content=content, msg_id=self._last_id, **self._ids)

    def _get(self, path: str, **query: object) -> str:
        return self._call("GET", f"{path}?{urlencode(query)}")

    def _post(self, path: str, **r: object) -> str:
        return self._call("POST", path, urlencode({"r": json.dumps(r), **self._ids}))

    def _result(self, path: str, **r: object) -> Json:
        reply = json.loads(self._post(path, **r))
        assert reply["retcode"] == 0, (path, reply)
        result: Json = reply["result"]
        return result

    def _call(self, method: str, path: str, body: str | bytes | None = None, media_type: str = FORM) -> str:
        headers = {"User-Agent": "Mozilla/5.0", "Content-Type": media_type}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())
        connection = http.client.HTTPConnection(self.host, timeout=90)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                self._cookies.load(cookie)
            return response.read().decode()
        finally:
            connection.close()


def _unescaped(text: str) -> str:
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text
