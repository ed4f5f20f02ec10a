"""Who gets user and password, and in which scheme."""

from tests.httpstream.asynchttpclient.fetching import fetch
from webqq.testing import Answer, ScriptedServer

DIGEST = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'}


def test_digest_is_spoken_and_kept_from_other_origins(server: ScriptedServer) -> None:
    with ScriptedServer() as other:
        server.on("/", Answer(401, headers=DIGEST), repeat=False)
        server.on("/", Answer(302, headers={"Location": other.url()}))
        other.on("/", Answer(401, headers=DIGEST))
        response = fetch(server.url(), auth_username="a", auth_password="b", auth_mode="digest")
        assert [(request.headers["Authorization"] or "")[:6] for request in server.requests] == ["", "Digest"]
        assert (response.code, len(other.requests), other.requests[0].headers["Authorization"]) == (401, 1, None)


def test_credentials_in_a_redirect_are_for_the_same_origin_alone(server: ScriptedServer) -> None:
    with ScriptedServer() as other:
        here, there = (url.replace("//", "//me:secret@") for url in (server.url("/there"), other.url()))
        server.on("/", Answer(302, headers={"Location": here}))
        server.on("/there", Answer(302, headers={"Location": there}))
        other.on("/", Answer())
        response = fetch(server.url())
        assert [request.headers["Authorization"] for request in server.requests] == [None, "Basic bWU6c2VjcmV0"]
        assert (other.requests[0].headers["Authorization"], response.effective_url) == (None, other.url())
