"""Somebody who is no friend: the profile, and the token that lets one ask.

Source: WebQQ protocol, profiles.
"""

from typing import Any

from webqq.gateway import profiles
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.community import Account
from webqq.gateway.sessions import Login
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import GET_STRANGER_INFO2, Reply, Stranger, StrangerParams
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode
from webqq.protocol.status import STATUS_CODES

__all__ = ["ANSWERS", "friend_token", "stranger_of"]


async def get_stranger_info2(context: Context, params: StrangerParams) -> Reply[Stranger]:
    """Of whoever has a uin for this login: it came with a message, a question, or a list of members."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    account = context.services.roster(login).anybody(params.tuin)
    if account is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return Reply(RetCode.OK, await stranger_of(context, login, account))


async def stranger_of(context: Context, login: Login, account: Account, *, with_number: bool = False) -> Stranger:
    """Return what a login sees of an account.

    :param with_number: where it was looked up by its number.
    """
    details = await context.run(lambda db: profiles.read(db, account.number))
    status, client_type = context.services.presence.of(account.number)
    return Stranger(
        **details.fields(of_friend=False),
        uin=context.services.roster(login).uin(account.number),
        nick=account.nick,
        stat=STATUS_CODES[status],
        client_type=client_type,
        token=friend_token(context, login, account.number),
        account=account.number if with_number else None,
    )


def friend_token(context: Context, login: Login, account: QQNumber) -> str:
    """Return the token with which a login may ask an account to be a friend; empty for what is no number."""
    try:
        return context.services.sessions.sign("friend", login.id, account)
    except OverflowError:
        return ""


ANSWERS: tuple[Answer[Any, Any], ...] = (Answer(GET_STRANGER_INFO2, get_stranger_info2),)
