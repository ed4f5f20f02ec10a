"""What messages say of files, and how files are fetched, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from webqq.protocol.calls import GET_FILE2, NOTIFY_OFFFILE2, REFUSE_FILE2

FETCH = """
  const { Files } = await import("/js/files.js");
  const { Wire } = await import("/js/wire.js");
  const asked = [];
  const files = (answer) => new Files(new Wire(async (url) => { asked.push(url); return answer(); }), {
    tokens: { account: 300400500, clientid: "5", psessionid: "p", vfwebqq: "v" },
  });
  const answer = (body, type) => () => new Response(body, { headers: { "Content-Type": type, "Content-Length": 5 } });
  const left = ["file", { form: "left", name: "a/../b.html", size: 5, rkey: "k y" }];
  const direct = ["file", { form: "direct", name: "b", size: 0, session: 77 }];
"""


def test_files_are_known_from_the_events_that_bring_them(js: Scripts):
    found = js(
        """
        const { isExpired, leftPart, offeredPart } = await import("/js/files.js");
        const left = leftPart({ name: "a", size: 3, rkey: "k", expire_time: 100, ip: "192.0.2.1", port: 80 });
        return [
          left, isExpired(left, 99_999), isExpired(left, 100_000), isExpired(["file", {}], 1e15),
          offeredPart({ mode: "recv", type: 101, name: "b", session_id: 7 }),
          offeredPart({ mode: "recv", type: 161, name: "call", session_id: 7 }),
          offeredPart({ mode: "refuse", type: 101, session_id: 7 }),
        ];
        """
    )
    assert found == [
        ["file", {"form": "left", "name": "a", "size": 3, "rkey": "k", "expires": 100}],
        *(False, True, False),
        ["file", {"form": "direct", "name": "b", "size": 0, "session": 7}],
        *(None, None),
    ]


def test_fetched_bytes_have_no_type_that_a_browser_would_show(js: Scripts):
    found = js(
        FETCH
        + """
        const shares = [];
        const blob = await files(answer("bytes", "application/octet-stream")).fetch(31, left, (s) => shares.push(s));
        return [await blob.text(), blob.type, shares.at(-1), asked];
        """
    )
    assert found == ["bytes", "", 1, ["/file?ver=2173&rkey=k+y&range=0"]]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("answer('{\"retcode\":103}', 'application/json')", "gone"),
        ("answer('<b>', 'text/html')", "gone"),
        ("() => new Response('', { status: 404 })", "gone"),
        ("() => new Response('', { status: 502 })", "line"),
        ("() => { throw new TypeError('down'); }", "line"),
    ],
)
def test_file_that_cannot_be_had_has_a_reason(js: Scripts, reply: str, reason: str):
    assert js(f"{FETCH} return files({reply}).fetch(31, left, () => {{}}).catch((e) => e.reason);") == reason


def test_direct_file_is_fetched_and_either_is_refused_as_the_protocol_says(js: Scripts):
    fetched, direct, left = js(
        FETCH
        + """
        const ok = files(() => new Response('{"retcode":0,"result":"ok"}'));
        await files(answer("bytes", "application/octet-stream")).fetch(31, direct, () => {});
        await ok.refuse(31, direct);
        await ok.refuse(31, left);
        return asked;
        """
    )
    for call, url in ((GET_FILE2, fetched), (REFUSE_FILE2, direct)):
        path, query = url.split("?")
        params = call.parse_params(query, b"")
        assert (path, params.lcid, params.to, params.psessionid) == (call.path, 77, 31, "p")
    params = NOTIFY_OFFFILE2.parse_params(left.split("?")[1], b"")
    assert (params.to, params.file_name, params.file_size, params.action) == (31, "a/../b.html", 5, 2)
