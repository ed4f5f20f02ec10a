"""The sends to friends, groups and discussions: a message comes in, and is answered when it cannot be lost any more.

Source: WebQQ protocol, sending.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

from webqq.gateway import discusses
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.media import Reader, let_read, may_read
from webqq.gateway.post import Outcome
from webqq.protocol.calls import (
    SEND_BUDDY_MSG2,
    SEND_DISCU_MSG2,
    SEND_QUN_MSG2,
    Reply,
    SendBuddyParams,
    SendDiscussParams,
    SendGroupParams,
)
from webqq.protocol.content import Content, CustomFace, Face, GroupPicture, OfflinePicture, Part, parse_sent
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "CONTENT_BYTES", "parse_content", "see_that_it_was_kept"]

CONTENT_BYTES = 16 * 1024
"""Longest content string; the service took some 700 bytes, and clients split there."""


async def send_buddy_msg2(context: Context, params: SendBuddyParams) -> Reply[None]:
    """To a friend. One whose mailbox is full cannot be sent to for the time being."""
    session = context.session(params.psessionid)
    friend = context.services.roster(session.login).friend(params.to)
    if friend is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = parse_content(params.content, (OfflinePicture, CustomFace))
    change = _give_pictures(content, session.account, Reader.ACCOUNT, friend.number)
    with _pictures_are_there():
        outcome = await context.services.post.to_friend(session, friend.number, params.msg_id, content, change=change)
    return see_that_it_was_kept(outcome)


async def send_qun_msg2(context: Context, params: SendGroupParams) -> Reply[None]:
    """To a group that the account is in. In 2016 the sender gets it, too."""
    session = context.session(params.psessionid)
    group = context.services.roster(session.login).group(params.group_uin)
    if group is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = parse_content(params.content, (GroupPicture,))
    change = _give_pictures(content, session.account, Reader.GROUP, group.number)
    echo = context.flavour is Flavour.SMARTQQ_2016
    with _pictures_are_there():
        outcome = await context.services.post.to_group(session, group, params.msg_id, content, echo=echo, change=change)
    return see_that_it_was_kept(outcome)


async def send_discu_msg2(context: Context, params: SendDiscussParams) -> Reply[None]:
    """To a discussion that the account is in; else as to a group."""
    session = context.session(params.psessionid)
    row = context.services.roster(session.login).discuss_row(params.did)
    discuss = None if row is None else await context.run(lambda db: discusses.read(db, row, session.account))
    if discuss is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = parse_content(params.content, (GroupPicture,))
    change = _give_pictures(content, session.account, Reader.DISCUSS, discuss.id)
    echo = context.flavour is Flavour.SMARTQQ_2016
    with _pictures_are_there():
        outcome = await context.services.post.to_discuss(
            session, discuss, params.msg_id, content, echo=echo, change=change
        )
    return see_that_it_was_kept(outcome)


def parse_content(text: str, pictures: tuple[type[Part], ...] = ()) -> Content:
    """Return what was sent, if it is text, faces, and pictures of these kinds.

    An element that this gateway does not know must not be passed on: a receiver might take it for a picture on a server
    of the sender's choice. Nothing that is dropped is answered with a success, so such a message is refused.

    :raises Refusal: 100001 where it is not, or is too long, or empty.
    """
    if len(text.encode("utf-8", "replace")) > CONTENT_BYTES:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = parse_sent(text)
    if not content.text or not all(isinstance(part, (str, Face, *pictures)) for part in content.parts):
        raise Refusal(RetCode.BAD_PARAMETER)
    return content


def see_that_it_was_kept(outcome: Outcome) -> Reply[None]:
    """Return the reply of a send.

    :raises Refusal: 108 where the message was not kept, 1202 where nobody knows. Clients take the latter for sent, so
        it is for nothing else.
    """
    if outcome is Outcome.UNKNOWN:
        raise Refusal(RetCode.SERVER_TROUBLE)
    if outcome is not Outcome.DELIVERED:
        raise Refusal(RetCode.REFUSED)
    return Reply(RetCode.OK)


class _pictures_are_there:  # noqa: N801  # read as words at its uses
    """A message with a picture that its sender may not fetch is refused like any other that makes no sense."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, ChangeRefused):
            raise Refusal(RetCode.BAD_PARAMETER) from error


def _give_pictures(
    content: Content, sender: QQNumber, kind: Reader, number: int
) -> Callable[[sqlite3.Connection], None] | None:
    """Return the job that lets a receiver fetch the pictures of a message; None where there are none."""
    names = [
        part.path if isinstance(part, OfflinePicture) else part.name
        for part in content.parts
        if isinstance(part, OfflinePicture | GroupPicture | CustomFace)
    ]
    return partial(_let_read_all, names, sender, kind, number) if names else None


def _let_read_all(names: list[str], sender: QQNumber, kind: Reader, number: int, db: sqlite3.Connection) -> None:
    for name in names:
        if not may_read(db, name, sender):
            raise ChangeRefused(f"{sender} has no such picture")
        let_read(db, name, kind, number)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(SEND_BUDDY_MSG2, send_buddy_msg2),
    Answer(SEND_QUN_MSG2, send_qun_msg2),
    Answer(SEND_DISCU_MSG2, send_discu_msg2),
)
