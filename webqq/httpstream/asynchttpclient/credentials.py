"""User and password of an ``HTTPRequest``: said in a header, or left to the engine where the server has to ask."""

from base64 import b64encode
from urllib.parse import unquote
from urllib.request import Request

from tornado.httpclient import HTTPRequest
from tornado.httputil import encode_username_password

from webqq.httpstream.digest import Digest

__all__ = ["authenticate"]


def authenticate(leg: Request, request: HTTPRequest, userinfo: str | None) -> Digest | None:
    """Give ``leg`` the credentials of ``request``; those for Digest are returned, to be said once the server asks.

    ``userinfo``, from the URL of ``leg``, goes before what ``request`` says. Raises ``ValueError`` for an
    ``auth_mode`` that is neither ``"basic"`` nor ``"digest"``.
    """
    username, password = request.auth_username, request.auth_password or ""
    if userinfo is not None:
        name, _, secret = userinfo.partition(":")
        username, password = unquote(name), unquote(secret)
    if username is None:
        return None
    if request.auth_mode == "digest":
        return Digest(username, password)
    if request.auth_mode not in (None, "basic"):
        raise ValueError(f"unsupported auth_mode {request.auth_mode}")
    leg.add_header("Authorization", "Basic " + b64encode(encode_username_password(username, password)).decode("ascii"))
    return None
