"""Pictures that accounts have chosen for themselves, among the other files (:mod:`.media`), one an account."""

import json
import sqlite3
from collections.abc import Iterable

from webqq.gateway.media import LASTING, Media, MediaFile
from webqq.protocol.ids import QQNumber

__all__ = ["PORTRAIT_BYTES", "choose", "chosen", "find", "remove"]

PORTRAIT_BYTES = 128 * 1024
"""Largest picture: many times what one of 160 pixels takes."""


def _name(account: QQNumber) -> str:
    return f"{LASTING}{account}"


async def find(media: Media, account: QQNumber) -> MediaFile | None:
    """Return the picture of an account, if it has chosen one."""
    return await media.find(_name(account), account)


async def choose(media: Media, account: QQNumber, media_type: str, data: bytes) -> bool:
    """Put a picture in place of the one before; False where there is no room for it, and then that one stays.

    :raises StoreError: it could not be written.
    """
    old = await find(media, account)
    old_data = await media.read(old) if old is not None else None
    await remove(media, account)
    if await media.keep(account, _name(account), "", media_type, data) is not None:
        return True
    if old is not None and old_data is not None:
        await media.keep(account, old.name, "", old.media_type, old_data)
    return False


async def remove(media: Media, account: QQNumber) -> None:
    """Leave an account without a picture."""
    found = await find(media, account)
    if found is not None:
        await media.forget(found)


def chosen(db: sqlite3.Connection, accounts: Iterable[QQNumber]) -> dict[QQNumber, int]:
    """Return which of some accounts have a picture, and its number: another picture has another one."""
    rows = db.execute(
        "SELECT owner, id FROM media WHERE name IN (SELECT ? || value FROM json_each(?))",
        (LASTING, json.dumps(list(accounts))),
    )
    return {QQNumber(owner): row for owner, row in rows}
