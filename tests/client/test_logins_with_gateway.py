"""Logins of the client at the gateway: QR code, captcha, resumed by cookies, in both flavours and digests."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.town import PASSWORD, House, Resident, Town
from tests.gateway.helpers import until
from tests.gateway.wire import STATIC, Client
from webqq.cli.asking import captcha_by_hook, qr_by_hook
from webqq.client import (
    CaptchaRequired,
    PasswordDigest,
    QRCodeExpired,
    QRPicture,
    SessionState,
    WebQQClient,
    WrongAccount,
    WrongPassword,
    gateway_stream,
)
from webqq.gateway.calls import ptlogin
from webqq.gateway.limits import CAPTCHA_TRIES, REFILL_SECONDS
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber

FLAVOURS = pytest.mark.parametrize("flavour", list(Flavour))


class Phone:
    """Somebody who is signed in on the page and says what becomes of a code; :meth:`show` is handed to the client."""

    def __init__(self, town: Town, account: QQNumber, *answers: str) -> None:
        self._town = town
        self._answers = list(answers)
        self._client = Client(town.url, account)
        self.seen: list[QRPicture] = []

    async def sign_in(self) -> "Phone":
        await self._client.sign_in(PASSWORD)
        return self

    async def show(self, picture: QRPicture) -> None:
        self.seen.append(picture)
        services = self._town.gateway._services
        assert services is not None
        code = [*services.qrlogins._by_code][-1]
        for action in self._answers.pop(0).split():
            reply = await self._client.post(STATIC, "/approve", code=code, action=action, vfwebqq=self._client.vfwebqq)
            assert reply.json["retcode"] == 0


async def is_at_home(resident: Resident, house: House) -> bool:
    """Whether the session does what sessions are for."""
    roster = resident.client.roster
    return [friend.nick for friend in roster.friends.values()] == [f"朋友 {house.friend}"]


@FLAVOURS
@pytest.mark.parametrize("digest", list(PasswordDigest))
def test_password_opens_a_session(town: Town, flavour: Flavour, digest: PasswordDigest):
    house = town.house()

    async def script() -> None:
        async with town.resident(house.owner, flavour=flavour, digest=digest) as owner:
            assert await is_at_home(owner, house)
            assert owner.client.nick == f"主人 {house.owner}"

    town.play(script)


@FLAVOURS
def test_code_that_is_scanned_and_approved_opens_a_session(town: Town, flavour: Flavour):
    house = town.house()

    async def script() -> None:
        phone = await Phone(town, house.owner, "scan approve").sign_in()
        async with town.resident(house.owner, qr=phone.show, flavour=flavour) as owner:
            assert await is_at_home(owner, house)
            [picture] = phone.seen
            assert "█" in picture.text
            assert (picture.account, picture.number, picture.limit) == (house.owner, 1, 3)

    town.play(script)


def test_code_may_be_shown_by_a_command_and_scanned_after_a_while(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("webqq.client.qrlogin.ASK_INTERVAL", 0.01)
    house = town.house()
    show = qr_by_hook(["cp", "-t", str(tmp_path)])

    async def script() -> None:
        phone = await Phone(town, house.owner, "scan approve").sign_in()

        async def scan() -> None:
            await until(lambda: any(tmp_path.iterdir()))
            await phone.show(QRPicture((tmp_path / "picture.png").read_bytes(), house.owner))

        scanning = asyncio.ensure_future(scan())
        async with town.resident(house.owner, qr=show) as owner:
            await scanning
            assert await is_at_home(owner, house)
            assert "█" in phone.seen[0].text

    town.play(script)


def test_code_that_is_refused_is_followed_by_another(town: Town):
    house = town.house()

    async def script() -> None:
        phone = await Phone(town, house.owner, "refuse", "approve").sign_in()
        async with town.resident(house.owner, qr=phone.show) as owner:
            assert await is_at_home(owner, house)
            assert [picture.number for picture in phone.seen] == [1, 2]

    town.play(script)


def test_no_more_codes_are_shown_than_allowed_and_others_on_request(town: Town):
    house = town.house()

    async def script() -> None:
        phone = await Phone(town, house.owner, "refuse", "refuse", "approve").sign_in()
        async with gateway_stream(town.url) as stream:
            client = WebQQClient(stream, house.owner, qr=phone.show, qr_limit=2)
            with pytest.raises(QRCodeExpired, match="one of 2 QR codes"):
                await client.sign_in()
            assert (client.state, len(phone.seen)) == (SessionState.OFFLINE, 2)
            await client.sign_in()
            assert (client.state, len(phone.seen)) == (SessionState.ONLINE, 3)
            await client.close()

    town.play(script)


def test_code_that_another_account_approves_is_no_login(town: Town):
    house = town.house()

    async def script() -> None:
        phone = await Phone(town, house.friend, "approve").sign_in()
        async with gateway_stream(town.url) as stream:
            client = WebQQClient(stream, house.owner, qr=phone.show)
            with pytest.raises(WrongAccount, match=str(house.friend)):
                await client.sign_in()
            await client.close()

    town.play(script)


def test_session_of_2016_that_is_lost_is_resumed_without_a_code(town: Town):
    house = town.house()

    async def script() -> None:
        phone = await Phone(town, house.owner, "approve").sign_in()
        async with town.resident(house.owner, qr=phone.show) as owner:
            link = owner.client._link
            mark = link.mark
            # The poll would tell that this login takes over.
            owner.client.stop_receiving()
            await link.log_in()
            assert link.mark != mark
            await owner.client.roster.load()
            assert await is_at_home(owner, house)
            assert len(phone.seen) == 1

    town.play(script)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands in each captcha that was drawn."""
    drawn: list[str] = []
    draw = ptlogin.draw_captcha

    def note(text: str, seed: int) -> bytes:
        drawn.append(text)
        return draw(text, seed)

    monkeypatch.setattr(ptlogin, "draw_captcha", note)
    return drawn


def test_captcha_may_be_read_by_a_command(town: Town, letters: list[str], tmp_path: Path):
    house = town.house()
    hook = captcha_by_hook(house.owner, ["sh", "-c", f"cat {tmp_path}/letters"])

    async def read(picture: bytes) -> str:
        (tmp_path / "letters").write_text(letters[-1])
        answer = hook(picture)
        assert not isinstance(answer, str)
        return await answer

    async def script() -> None:
        for _ in range(CAPTCHA_TRIES):
            with pytest.raises(WrongPassword):
                await sign_in(town, house.member, "not it")
        async with town.resident(house.owner, captcha=read) as owner:
            assert await is_at_home(owner, house)
        town.clock.now += 10 * REFILL_SECONDS

    town.play(script)


async def sign_in(town: Town, account: QQNumber, password: str, captcha: Callable[[bytes], str] | None = None) -> None:
    async with gateway_stream(town.url) as stream:
        client = WebQQClient(stream, account, password, captcha=captcha)
        try:
            await client.sign_in()
        finally:
            await client.close()


@pytest.mark.parametrize("digest", list(PasswordDigest))
def test_captcha_is_read_by_the_callback(town: Town, letters: list[str], digest: PasswordDigest):
    house = town.house()
    pictures: list[bytes] = []

    def read(picture: bytes) -> str:
        pictures.append(picture)
        # Misread once; the case does not count.
        return "XXXX" if len(pictures) == 1 else letters[-1].lower()

    async def script() -> None:
        for _ in range(CAPTCHA_TRIES):
            with pytest.raises(WrongPassword):
                await sign_in(town, house.member, "not it")
        with pytest.raises(CaptchaRequired, match="needs the letters"):
            await sign_in(town, house.owner, PASSWORD)
        async with town.resident(house.owner, captcha=read, digest=digest) as owner:
            assert await is_at_home(owner, house)
        assert len(pictures) == 2
        assert all(re.match(rb"\x89PNG", picture) for picture in pictures)
        # The others of this town are asked for none.
        town.clock.now += 10 * REFILL_SECONDS

    town.play(script)
