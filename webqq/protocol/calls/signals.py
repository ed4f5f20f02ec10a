"""The rows of what a friend sees without a message: a window that shakes, somebody typing.

Source: WebQQ protocol, shake2 and input_notify2.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import OkForm
from webqq.protocol.ids import Uin
from webqq.protocol.shape import Token

__all__ = ["INPUT_NOTIFY2", "SHAKE2", "SignalParams"]


class SignalParams(Struct, frozen=True, kw_only=True):
    """Parameters of shake2 and input_notify2."""

    to_uin: Uin
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


SHAKE2 = Call(
    name="shake2",
    host=Host.DYNAMIC,
    path="/channel/shake2",
    form=Form.QUERY,
    params=SignalParams,
    reply=OkForm(),
)
"""Shakes a friend's window."""

INPUT_NOTIFY2 = Call(
    name="input_notify2",
    host=Host.DYNAMIC,
    path="/channel/input_notify2",
    form=Form.QUERY,
    params=SignalParams,
    reply=OkForm(),
)
"""Tells a friend that one is typing."""
