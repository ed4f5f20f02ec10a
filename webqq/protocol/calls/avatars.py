"""The rows of pictures of persons and groups.

Source: WebQQ protocol, avatars.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import BytesForm
from webqq.protocol.ids import QQNumber

__all__ = ["GETFACE", "QLOGO", "GetFaceParams", "QLogoParams", "avatar_host"]


class GetFaceParams(Struct, frozen=True, kw_only=True):
    """Parameters of getface: ``type`` 1 and a person's uin, or 4 and a group's gid; some clients gave its code."""

    cache: int = 1
    type: int = 1
    f: int | None = 40
    fid: int | None = None
    uin: int
    t: str | None = None
    vfwebqq: str = ""


def avatar_host(uin: int) -> str:
    """Return which of the ten hosts the service's page asked for a uin; any of them answers.

    >>> avatar_host(3100000001)
    'face1.web.qq.com'
    """
    return f"face{uin % 10}.web.qq.com"


GETFACE = Call(
    name="getface",
    host=Host.FACE,
    path="/cgi/svr/face/getface",
    form=Form.QUERY,
    params=GetFaceParams,
    reply=BytesForm(),
)
"""The picture of a person or a group, by the number of this session."""


class QLogoParams(Struct, frozen=True, kw_only=True):
    """Parameters of the picture by account number; ``s`` is its edge in pixels."""

    b: str = "qq"
    nk: QQNumber
    s: int = 100


QLOGO = Call(
    name="qlogo",
    host=Host.QLOGO,
    path="/g",
    form=Form.QUERY,
    params=QLogoParams,
    reply=BytesForm(),
)
"""The picture of a person, by account number."""
