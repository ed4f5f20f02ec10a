"""The exceptions of everything above the engine.

::

    WebQQError
    └── MalformedMessage    the peer sent what the protocol does not allow
"""

__all__ = ["MalformedMessage", "WebQQError"]


class WebQQError(Exception):
    """Root of all exceptions of :mod:`webqq` outside the HTTP engine."""


class MalformedMessage(WebQQError):
    """A request, an answer or an event is not formed as the protocol says. The same bytes fail again; no
    retry helps.

    :param call: name of the call or poll event, for instance ``"login2"``.
    :param field: where in it: a form field, or a path such as ``"result.friends[0].uin"``. Empty for the
        whole.
    :param detail: what was expected and what came; holds no value of a field, since it may be a secret.
    """

    def __init__(self, call: str, field: str, detail: str) -> None:
        super().__init__(call, field, detail)
        self.call = call
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        where = f"{self.call}, {self.field}" if self.field else self.call
        return f"{where}: {self.detail}"
