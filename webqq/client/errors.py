"""The exceptions of the client.

::

    WebQQError
    └── ClientError
        ├── Unreachable         no answer, or none of the service's: the same may work later
        ├── CallFailed          the service refused a call; its retcode tells why
        ├── LoginError          a login ended without a session
        │   ├── WrongPassword   no use to try again
        │   ├── CaptchaRequired letters have to be read from a picture, and nobody did
        │   ├── QRCodeExpired   nobody scanned the codes; ask again when somebody is there
        │   ├── WrongAccount    somebody signed in, but as another account
        │   ├── AccountFrozen   a person has to unlock the account
        │   └── LoginRefused    anything else that the service said
        ├── Kicked              the account signed in elsewhere; never log in again by yourself
        ├── SessionLost         every new login was lost again at once
        ├── NotAllowed          the service or the group does not allow this
        ├── QueueFull           as many sends wait as may; later there is room again
        ├── TooLarge            a picture or a file has more bytes than may be
        ├── UnknownContact      no friend or group goes by that number or name, or several do
        └── StorageError        the data folder cannot be used
"""

from typing import ClassVar

from webqq.protocol.errors import WebQQError

__all__ = [
    "AccountFrozen",
    "CallFailed",
    "CaptchaRequired",
    "ClientError",
    "Kicked",
    "LoginError",
    "LoginRefused",
    "NotAllowed",
    "QRCodeExpired",
    "QueueFull",
    "SessionLost",
    "StorageError",
    "TooLarge",
    "UnknownContact",
    "Unreachable",
    "WrongAccount",
    "WrongPassword",
]


class ClientError(WebQQError):
    """Root of what :mod:`webqq.client` raises. ``is_transient`` tells whether the same may succeed later."""

    is_transient: ClassVar[bool] = False


class Unreachable(ClientError):
    """No answer came, or one with an HTTP status that is not the service's. ``__cause__`` tells more."""

    is_transient = True


class CallFailed(ClientError):
    """The service refused a call.

    :param call: the call's name. :param retcode: what the service said, see
        :class:`webqq.protocol.retcodes.RetCode`.
    """

    def __init__(self, call: str, retcode: int) -> None:
        super().__init__(f"{call}: expected retcode 0, got {retcode}")
        self.call = call
        self.retcode = retcode


class LoginError(ClientError):
    """The login ended without a session. ``text`` is what the service says to a person, often in Chinese."""

    def __init__(self, message: str, text: str = "") -> None:
        super().__init__(f"{message}: {text}" if text else message)
        self.text = text


class WrongPassword(LoginError):
    """The account does not exist, or has another password."""


class CaptchaRequired(LoginError):
    """The service wants the letters of a picture, and no callback was given or it gave none."""


class QRCodeExpired(LoginError):
    """As many QR codes as may be shown expired, and nobody scanned one. Start again when somebody is there to do it."""


class WrongAccount(LoginError):
    """The login succeeded for another account than the client's: another phone scanned the code."""


class AccountFrozen(LoginError):
    """The service locked the account. ``url`` is the page where its owner may unlock it."""

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message, url)
        self.url = url


class LoginRefused(LoginError):
    """The service refused the login.

    :param call: ``"check"``, ``"login"``, ``"ptqrlogin"`` or ``"login2"``. :param code: what that call answered.
    :param text: what it said. :param may_retry: whether the refusal is for the time being only.
    """

    def __init__(self, call: str, code: int, text: str = "", *, may_retry: bool = False) -> None:
        super().__init__(f"{call} refused the login with code {code}", text)
        self.call = call
        self.code = code
        self.may_retry = may_retry


class Kicked(ClientError):
    """The service ended the session, as a rule because the account signed in elsewhere.

    Two clients that log in again by themselves would throw each other out for ever. ``reason`` is for a person.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"signed in elsewhere: {reason}" if reason else "signed in elsewhere")
        self.reason = reason


class SessionLost(ClientError):
    """The service ended the session after each of several logins in a row, so that one more is no use."""


class NotAllowed(ClientError):
    """What was asked for is not possible there: a temporary chat that the group forbids, a picture in one."""


class QueueFull(ClientError):
    """As many sends wait as may wait. When some of them went out there is room again."""

    is_transient = True


class TooLarge(ClientError):
    """A picture or a file has more bytes than the limit allows."""


class UnknownContact(ClientError):
    """No friend or group of the account goes by this number or name, or more than one does."""


class StorageError(ClientError):
    """The data folder cannot be read or written, or another process of the same account works in it."""
