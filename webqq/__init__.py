"""An HTTP engine on Tornado's IOLoop, and WebQQ as client, bot daemon and gateway on top of it.

``webqq.httpstream`` is the engine and needs Tornado alone; ``webqq.client`` and ``webqq.bot`` speak the WebQQ
protocol with it; ``webqq.gateway`` answers that protocol. ``from webqq import HTTPStream`` works as well.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webqq.httpstream import HTTPSock, HTTPStream

__version__ = "0.1.0"

__all__ = ["HTTPSock", "HTTPStream", "__version__"]


def __getattr__(name: str) -> object:
    # Lazy, so that `webqq.protocol` or the command's --help do not pay for the engine.
    if name in ("HTTPSock", "HTTPStream"):
        from webqq import httpstream

        return getattr(httpstream, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
