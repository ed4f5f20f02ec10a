"""The modules of the chat page that decide things, run in the browser without a gateway."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium")

from urllib.parse import urlsplit

from tests.gateway.page_browser import WEB, Scripts, chromium, files_alone, missing_programs
from webqq.protocol.calls import (
    CFACE_UPLOAD,
    GET_CFACE2,
    GET_GROUP_PIC,
    GET_OFFPIC2,
    UPLOAD_OFFLINE_PIC,
    Reply,
    UploadPicResult,
)
from webqq.protocol.calls.uploads import CustomFaceForm
from webqq.protocol.flavour import Flavour

pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"not on this machine: {missing_programs()}")

VECTORS = json.loads((Path(__file__).parents[1] / "protocol" / "data" / "vectors.json").read_text("utf-8"))["functions"]

DISCUSSION_SAMPLES = ("get_discus_list", "get_discu_info")
PICTURES = {call.path: call for call in (GET_OFFPIC2, GET_GROUP_PIC, GET_CFACE2)}


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    with files_alone() as address, chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield Scripts(driver, address)


def vectors(function: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = VECTORS[function]["vectors"]
    return found


# Digests and the forms of the wire.


def test_md5_agrees_with_hashlib_around_every_block_boundary(js: Scripts):
    texts = ["字" * (length // 3) + "x" * (length % 3) for length in range(140)]
    found = js(
        """
        const { md5 } = await import("/js/md5.js");
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        return args[0].map((text) => hex(md5(new TextEncoder().encode(text))));
        """,
        texts,
    )
    assert found == [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts]


def test_password_digest_matches_the_vectors(js: Scripts):
    cases = vectors("password_md5_2013")
    found = js(
        """
        const { passwordDigest } = await import("/js/digests.js");
        const raw = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
        return args[0].map(({ password, salt_hex, verifycode }) => passwordDigest(password, raw(salt_hex), verifycode));
        """,
        cases,
    )
    assert found == [case["p"] for case in cases]


def test_friends_hash_matches_the_vectors(js: Scripts):
    cases = vectors("friends_hash_xor")
    found = js(
        """
        const { friendsHash } = await import("/js/digests.js");
        return args[0].map(({ uin, ptwebqq }) => friendsHash(uin, ptwebqq));
        """,
        cases,
    )
    assert found == [case["hash"] for case in cases]


def test_salt_is_eight_escapes_and_nothing_else(js: Scripts):
    cases = vectors("uin_salt")
    found, refused = js(
        r"""
        const { parseSalt } = await import("/js/digests.js");
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        const refused = ["", "\\x00", "00000000", "\\x00".repeat(9)].filter((salt) => {
          try { parseSalt(salt); } catch (error) { return error instanceof RangeError; }
        });
        return [args[0].map(({ salt_as_sent }) => hex(parseSalt(salt_as_sent))), refused.length];
        """,
        cases,
    )
    assert found == [case["salt_hex"] for case in cases]
    assert refused == 4


def test_js_call_keeps_arguments_as_written(js: Scripts):
    cases = vectors("js_callback_parse")
    found = js(
        """
        const { parseJsCall } = await import("/js/jscall.js");
        return args[0].map(({ raw }) => parseJsCall(raw));
        """,
        cases,
    )
    assert found == [{"name": case["function"], "args": case["arguments_raw"]} for case in cases]


def test_text_is_unescaped_once(js: Scripts):
    cases = vectors("xml_unescape")
    found = js(
        """
        const { unescapeText } = await import("/js/content.js");
        return args[0].map(({ raw }) => unescapeText(raw));
        """,
        [*cases, {"raw": "a\r\nb\rc"}],
    )
    assert found == [*(case["text"] for case in cases), "a\nb\nc"]


def test_typed_text_is_sent_whole_with_faces_by_name(js: Scripts):
    cases = vectors("send_content")
    found = js(
        """
        const { parseTyped, serializeSent } = await import("/js/content.js");
        return args[0].map(({ text }) => JSON.parse(serializeSent(parseTyped(text))));
        """,
        cases,
    )
    # A message of faces alone gets a blank: the service asks for one string at least.
    strings = [any(isinstance(part, str) for part in case["content_array_mojo"]) for case in cases]
    expected = [
        case["content_array_mojo"]
        if has_text
        else [*case["content_array_mojo"][:-1], " ", case["content_array_mojo"][-1]]
        for case, has_text in zip(cases, strings, strict=True)
    ]
    assert found == expected


def test_received_content_becomes_text_faces_and_placeholders(js: Scripts):
    font = ["font", {"name": "宋体", "size": 10, "style": [0, 0, 0], "color": "000000"}]
    found = js(
        """
        const { parseReceived, partsToText } = await import("/js/content.js");
        return args[0].map((content) => {
          const parts = parseReceived(content);
          return [parts, partsToText(parts, "zh"), partsToText(parts, "en")];
        });
        """,
        [
            [font, "a &lt;b&gt;", ["face", 14], ["cface", "X.jpg", ""], ["what", 1]],
            [font],
            [font, ["face", 9999]],
            "no array",
        ],
    )
    assert found == [
        [
            ["a <b>", ["face", 14], ["picture", {"form": "friend", "name": "X.jpg"}], ["other"]],
            "a <b>[微笑][图片][不支持的内容]",
            "a <b>[Smile][picture][unsupported content]",
        ],
        [[["picture"]], "[图片]", "[picture]"],
        [[["face", 9999]], "[表情]", "[face]"],
        [[["other"]], "[不支持的内容]", "[unsupported content]"],
    ]


def test_pictures_of_every_form_are_known_from_either_side_of_the_wire(js: Scripts):
    found = js(
        """
        const { picturePart, sentElement } = await import("/js/pictures.js");
        return args[0].map((element) => {
          const part = picturePart(element);
          return [part && part[1], part && sentElement(part)];
        });
        """,
        [
            ["offpic", "/path", "a.png", 9],
            ["offpic", {"success": 1, "file_path": "/path"}],
            ["cface", "group", "X.jpg"],
            ["cface", {"name": "X.jpg", "file_id": 7, "key": "k", "server": "192.0.2.15:8000"}],
            ["offpic", {"success": 1}],
            ["cface", 1],
            ["image", "jpg", 0],
        ],
    )
    assert found == [
        [{"form": "offpic", "path": "/path", "name": "a.png", "size": 9}, ["offpic", "/path", "a.png", 9]],
        [{"form": "offpic", "path": "/path"}, ["offpic", "/path", None, None]],
        [{"form": "group", "name": "X.jpg"}, ["cface", "group", "X.jpg"]],
        [{"form": "group", "name": "X.jpg", "id": 7, "server": "192.0.2.15:8000"}, ["cface", "group", "X.jpg"]],
        [None, None],
        [None, None],
        [None, None],
    ]


def test_picture_is_asked_for_where_its_form_says(js: Scripts):
    tokens = {"clientid": "53999199", "psessionid": "p", "vfwebqq": "v"}
    found = js(
        """
        const { pictureAddress } = await import("/js/pictures.js");
        const of = { sender: 31, code: 42, messageId: 5 };
        const address = (picture, from = of) => pictureAddress(args[0], ["picture", picture], from);
        return [
          address({ form: "offpic", path: "/a b&c" }),
          address({ form: "group", name: "X.jpg", id: 7, server: "192.0.2.15:8000" }),
          address({ form: "group", name: "X.jpg" }, { sender: 31, did: 39 }),
          address({ form: "friend", name: "X.jpg" }),
          address(undefined),
        ];
        """,
        tokens,
    )
    calls = [PICTURES[urlsplit(url).path].parse_params(urlsplit(url).query, b"") for url in found[:-1]]
    offpic, group, discuss, friend = calls
    assert (offpic.file_path, offpic.f_uin, offpic.psessionid) == ("/a b&c", 31, "p")
    assert (group.type, group.gid, group.uin, group.rip, group.rport, group.fid) == (0, 42, 31, "192.0.2.15", 8000, 7)
    assert (discuss.type, discuss.gid, discuss.pic, discuss.vfwebqq) == (1, 39, "X.jpg", "v")
    assert (friend.lcid, friend.guid, friend.to) == (5, "X.jpg", 31)
    assert found[-1] is None


UPLOAD = """
  const { Uploads } = await import("/js/pictures.js");
  const { Wire } = await import("/js/wire.js");
  const session = { tokens: { account: 300400500, clientid: "5", psessionid: "p", vfwebqq: "v" } };
  async function upload(contact, reply) {
    const asked = [];
    const wire = new Wire(async (url, { body }) => {
      asked.push([url.split("?")[0], Object.fromEntries([...body].map(([name, v]) => [name, v.name ?? v]))]);
      if (typeof reply === "number") return new Response("", { status: reply });
      return new Response(reply);
    });
    const file = new File(["x"], "a.png", { type: "image/png" });
    const done = await new Uploads(wire, session).upload(contact, file).catch((error) => error.reason ?? `${error}`);
    return [done, asked];
  }
"""


def test_picture_for_a_friend_is_uploaded_as_the_protocol_says(js: Scripts):
    stored = UPLOAD_OFFLINE_PIC.serialize_reply(
        Reply(0, UploadPicResult(filesize=1, filename="a{}.png", filepath="/d65c58ae")), Flavour.WEBQQ_2013
    ).decode()
    part, [[path, fields]] = js(f'{UPLOAD} return upload({{ kind: "friend", uin: 31 }}, args[0]);', stored)
    assert part == ["picture", {"form": "offpic", "path": "/d65c58ae", "name": "a{}.png", "size": 1}]
    assert path == UPLOAD_OFFLINE_PIC.path
    assert fields == fields | {"uin": "300400500", "peeruin": "31", "file": "a.png", "fileid": "1", "vfwebqq": "v"}


@pytest.mark.parametrize("code", [CustomFaceForm.STORED, CustomFaceForm.EXISTS])
def test_picture_for_a_group_is_uploaded_as_the_protocol_says(js: Scripts, code: int):
    stored = CFACE_UPLOAD.serialize_reply(Reply(code, "ABC.jPg"), Flavour.WEBQQ_2013).decode()
    part, [[path, fields]] = js(f'{UPLOAD} return upload({{ kind: "group", gid: 42 }}, args[0]);', stored)
    assert part == ["picture", {"form": "group", "name": "ABC.jPg"}]
    assert path == CFACE_UPLOAD.path
    assert fields == fields | {"custom_face": "a.png", "from": "control", "vfwebqq": "v"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(413, "size"), (404, "refused"), (502, "line"), ("nothing", "refused"), ('f({"retcode":1})', "refused")],
)
def test_picture_that_is_not_taken_has_a_reason(js: Scripts, reply: int | str, reason: str):
    assert js(f'{UPLOAD} return upload({{ kind: "friend", uin: 31 }}, args[0]);', reply)[0] == reason


def test_large_picture_is_made_smaller_and_what_is_no_picture_is_refused(js: Scripts):
    small, kept, refused, broken = js(
        """
        const { MOST_BYTES, prepared } = await import("/js/pictures.js");
        const canvas = new OffscreenCanvas(2400, 1200);
        const context = canvas.getContext("2d");
        const image = context.createImageData(2400, 800);
        for (let i = 0; i < image.data.length; i += 4) {
          for (let j = 0; j < 3; j += 1) image.data[i + j] = Math.random() * 256;
          image.data[i + 3] = 255;
        }
        context.putImageData(image, 0, 0);
        const blob = await canvas.convertToBlob({ type: "image/png" });
        const file = new File([blob], "big.png", { type: "image/png" });
        const done = await prepared(file);
        const { width } = await createImageBitmap(done);
        const tiny = new File(["x"], "t.gif", { type: "image/gif" });
        const why = (file) => prepared(file).catch((error) => error.reason);
        const junk = new File([new Uint8Array(MOST_BYTES + 1)], "j.png", { type: "image/png" });
        return [
          [file.size > MOST_BYTES, done.size <= MOST_BYTES, done.name, width],
          (await prepared(tiny)) === tiny,
          await why(new File(["x"], "a.svg", { type: "image/svg+xml" })),
          await why(junk),
        ];
        """
    )
    assert small == [True, True, "big.jpg", 1920]
    assert (kept, refused, broken) == (True, "type", "type")


def test_attachments_stay_when_an_upload_fails_and_are_not_uploaded_twice(js: Scripts):
    found = js(
        """
        const { Attachments } = await import("/js/attachments.js");
        const all = new Attachments();
        const files = ["a", "b"].map((name) => new File(["x"], `${name}.png`, { type: "image/png" }));
        await all.add("f", files);
        const uploaded = [];
        let isDown = true;
        const upload = async ({ name }) => {
          if (name === "b.png" && isDown) throw new Error("down");
          uploaded.push(name);
          return ["picture", { name }];
        };
        const failed = await all.upload("f", upload).catch((error) => error.message);
        const stay = [all.of("f").length, all.isBusy("f")];
        isDown = false;
        const parts = await all.upload("f", upload);
        const many = await all.add("f", Array(10).fill(files[0])).catch((error) => error.reason);
        return [failed, stay, uploaded, parts.length, many, all.of("f").length];
        """
    )
    assert found == ["down", [2, False], ["a.png", "b.png"], 2, "many", 9]


def test_pictures_are_fetched_once_and_only_pictures_are_shown(js: Scripts):
    found = js(
        """
        const { Downloads } = await import("/js/pictures.js");
        const { Wire } = await import("/js/wire.js");
        const asked = [];
        const types = { "/a": "image/png", "/b": "text/html", "/c": "image/svg+xml" };
        const downloads = new Downloads(new Wire(async (url) => {
          asked.push(url);
          return new Response("x", types[url] ? { headers: { "Content-Type": types[url] } } : { status: 404 });
        }));
        const get = (url) => downloads.get(url).catch((error) => error.reason);
        return [await get("/a"), await get("/a"), await get("/b"), await get("/c"), await get("/d"), asked.join(" ")];
        """
    )
    shown = "data:image/png;base64,eA=="
    assert found == [shown, shown, "type", "type", "line", "/a /b /c /d"]


def test_message_ids_count_from_the_second_of_the_start(js: Scripts):
    cases = vectors("msg_id")
    found = js(
        """
        const { messageIds } = await import("/js/outbox.js");
        return args[0].map(({ now_ms }) => { const next = messageIds(now_ms); return [next(), next()]; });
        """,
        cases,
    )
    assert found == [[case["first_msg_id"], case["second_msg_id"]] for case in cases]


def test_captcha_is_asked_for_and_its_answer_goes_in(js: Scripts):
    reason, url, asked = js(
        r"""
        const { provePassword } = await import("/js/session.js");
        const { Wire } = await import("/js/wire.js");
        const salt = "\\x00".repeat(8);
        const asked = [];
        const wire = new Wire(async (url) => {
          asked.push(url.split("?")[0]);
          if (url.startsWith("/check?")) return new Response(`ptui_checkVC('1','token','${salt}');`);
          const { verifycode } = Object.fromEntries(new URLSearchParams(url.split("?")[1]));
          return new Response(`ptuiCB('4','0','','0','${verifycode}', '1');`);
        });
        const form = { account: "300400500", password: "x" };
        const needed = await provePassword(wire, form).catch((error) => error);
        const { challenge } = needed;
        const failed = await provePassword(wire, { ...form, challenge, answer: "ABCD" }).catch((error) => error);
        return [failed.reason + failed.text, needed.url, asked];
        """
    )
    assert (reason, asked) == ("captchaABCD", ["/check", "/login"])
    assert url.startswith("/getimage?aid=1003903&")
    assert url.endswith("&uin=300400500&cap_cd=token")


# Signing in by a code.

QR_ANSWERS = {
    "unread": "waiting",
    "read": "scanned",
    "agreed": "done",
    "expired": "expired",
    "refused": "refused",
    "failed": "failed",
}
QR_MOVES = {
    "loading": {"shown": "waiting", "failed": "failed"},
    "waiting": QR_ANSWERS,
    "scanned": QR_ANSWERS,
    "expired": {"renew": "loading"},
    "refused": {"renew": "loading"},
    "failed": {"renew": "loading"},
    "done": {},
}

APPROVAL_MOVES: dict[str, dict[str, str]] = {
    "empty": {"look": "looking"},
    "looking": {"found": "asked", "gone": "gone", "failed": "failed"},
    "asked": {"answer": "answering"},
    "answering": {"yes": "approved", "no": "refused", "gone": "gone", "failed": "asked"},
    "gone": {"look": "looking"},
    "failed": {"look": "looking"},
    "approved": {},
    "refused": {},
}

PLAY_QR = """
  const { QRSignIn } = await import("/js/qrsignin.js");
  const { Wire } = await import("/js/wire.js");
  async function playQR(answers, { shows = true } = {}) {
    const states = [], pictures = [], asked = [];
    const wire = new Wire(async (url) => {
      asked.push(url.split("?")[0]);
      if (url.startsWith("/check_sig")) return new Response("");
      const answer = answers.shift();
      if (typeof answer === "number") return new Response("", { status: answer });
      return new Response(answer);
    });
    let finished;
    const end = new Promise((resolve) => { finished = resolve; });
    const signIn = new QRSignIn(wire, { later: (work) => (answers.length > 0 ? queueMicrotask(work) : finished()) });
    signIn.addEventListener("state", ({ detail }) => {
      states.push(detail.state);
      if (["done", "refused", "failed"].includes(detail.state)) finished();
    });
    signIn.addEventListener("picture", ({ detail }) => {
      pictures.push(detail.url);
      queueMicrotask(() => (shows ? signIn.shown() : signIn.failed()));
    });
    signIn.start();
    await end;
    signIn.stop();
    return [states.join(" "), pictures.length, asked];
  }
  const code = (n, url = "") => `ptuiCB('${n}','0','${url}','0','text', '');`;
"""


@pytest.mark.parametrize(
    ("answers", "states", "pictures"),
    [
        ("[code(66), code(67), code(0, 'http://x/check_sig?a=1')]", "loading waiting scanned done", 1),
        ("[code(66), code(65), code(66)]", "loading waiting expired loading waiting", 2),
        ("[code(67), code(66), code(10005)]", "loading waiting scanned waiting refused", 1),
        ("[502, 502, code(67)]", "loading waiting scanned", 1),
        ("[502, 502, 502, 502, 502]", "loading waiting failed", 1),
        ("[404]", "loading waiting failed", 1),
    ],
)
def test_code_is_asked_about_until_the_phone_agreed(js: Scripts, answers: str, states: str, pictures: int):
    found = js(f"{PLAY_QR} return playQR({answers});")
    assert found[:2] == [states, pictures]
    assert ("/check_sig" in found[2]) == ("done" in states)


def test_code_whose_picture_cannot_be_had_says_so(js: Scripts):
    assert js(f"{PLAY_QR} return playQR([], {{ shows: false }});") == ["loading failed", 1, []]


def test_code_of_another_device_is_taken_from_an_address_or_typed(js: Scripts):
    found = js(
        r"""
        const { codeIn, tidy } = await import("/js/approval.js");
        return [
          codeIn({ hash: "#approve=abc234" }), codeIn({ hash: "" }), codeIn({ hash: "#friend-1" }),
          codeIn({ hash: "#approve=<b>abc" }),
          tidy(" abc234\n"), tidy("http://127.0.0.1:8080/#approve=abc234"), tidy("ab"), tidy("a b c d"),
        ];
        """
    )
    assert found == ["abc234", None, None, None, "abc234", "abc234", "", ""]


@pytest.mark.parametrize(
    ("look", "answer", "states"),
    [
        ("null", "null", "looking asked answering approved"),
        ("new Refused('/x', 6)", "null", "looking gone"),
        ("new LineError('/x')", "null", "looking failed"),
        ("null", "new Refused('/x', 6)", "looking asked answering gone"),
        ("null", "new LineError('/x')", "looking asked answering asked"),
    ],
)
def test_device_is_let_in_when_the_gateway_took_the_answer(js: Scripts, look: str, answer: str, states: str):
    found = js(
        f"""
        const {{ Approval }} = await import("/js/approval.js");
        const {{ LineError, Refused }} = await import("/js/wire.js");
        const give = async (error) => {{ if (error) throw error; return {{ address: "192.0.2.1" }}; }};
        const approval = new Approval({{ look: () => give({look}), answer: () => give({answer}) }});
        const states = [];
        approval.addEventListener("state", () => states.push(approval.state));
        await approval.look("abc234");
        if (approval.state === "asked") await approval.answer(true);
        return [states.join(" "), approval.hasFailed];
        """
    )
    assert found == [states, answer.startswith("new LineError")]


# The line's state machine.

LINE_MOVES = {
    "stopped": {"start": "probing"},
    "probing": {
        "registered": "polling",
        "failed": "waiting",
        "lost": "relinking",
        "over": "ended",
        "stop": "stopped",
    },
    "polling": {
        "answered": "polling",
        "doubted": "probing",
        "questioned": "probing",
        "failed": "waiting",
        "lost": "relinking",
        "kicked": "kicked",
        "over": "ended",
        "stop": "stopped",
    },
    "waiting": {"retry": "probing", "stop": "stopped"},
    "relinking": {"relinked": "probing", "failed": "waiting", "over": "ended", "stop": "stopped"},
    "kicked": {"stop": "stopped"},
    "ended": {"stop": "stopped"},
}

SEND_MOVES: dict[str, dict[str, str]] = {
    "queued": {"try": "sending"},
    "sending": {"accepted": "sent", "refused": "failed", "unanswered": "unknown"},
    "sent": {},
    "failed": {"again": "queued"},
    "unknown": {},
}


@pytest.mark.parametrize(
    ("module", "moves"),
    [("poll", LINE_MOVES), ("outbox", SEND_MOVES), ("qrsignin", QR_MOVES), ("approval", APPROVAL_MOVES)],
)
def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts, module: str, moves: dict[str, dict[str, str]]):
    inputs = sorted({each for row in moves.values() for each in row})
    found = js(
        """
        const [module, states, inputs] = args;
        const { nextState } = await import(`/js/${module}.js`);
        const move = (state, input) => { try { return nextState(state, input); } catch { return null; } };
        return states.map((state) => inputs.map((input) => move(state, input)));
        """,
        module,
        list(moves),
        inputs,
    )
    assert found == [[row.get(each) for each in inputs] for row in moves.values()]


PLAY = """
  // Plays a script of answers against a Line, with pauses ended at once; gives the states and what was called.
  const { Line, State } = await import("/js/poll.js");
  const { LineError, Refused } = await import("/js/wire.js");
  const down = (status) => () => { throw new LineError("/x", { status }); };
  const no = (retcode) => () => { throw new Refused("/x", retcode); };
  async function play(script) {
    const states = [], calls = [], events = [];
    const answer = (name, argument) => {
      calls.push(argument === undefined ? name : `${name} ${argument}`);
      const index = script.findIndex(([wanted]) => wanted === name);
      if (index < 0) return new Promise((_, reject) => { finished(); });
      const [[, reply]] = script.splice(index, 1);
      return typeof reply === "function" ? reply() : reply;
    };
    let finished;
    const end = new Promise((resolve) => { finished = resolve; });
    const line = new Line({
      probe: async () => answer("probe"),
      poll: async (key) => answer("poll", key),
      relink: async () => answer("relink"),
      online: () => {},
      events: async (list) => { events.push(...list.map(({ value }) => value.n)); },
      ptwebqq: (value) => calls.push(`ptwebqq ${value}`),
    });
    line.addEventListener("state", ({ detail }) => {
      states.push(detail.state);
      if (detail.state === State.WAITING) queueMicrotask(() => line.retryNow());
      if (detail.state === State.ENDED || detail.state === State.KICKED) finished();
    });
    line.start();
    await end;
    const seen = { states: states.join(" "), calls: calls.join(", "), state: line.state, reason: line.reason };
    line.stop();
    return { ...seen, events };
  }
  const idle = { retcode: 102 };
"""


def test_line_probes_then_polls_and_acknowledges_the_batch_it_took(js: Scripts):
    played = js(
        PLAY
        + """
        const batch = { retcode: 0, key: "42", result: [{ value: { n: 2 } }, { value: { n: 1 } }] };
        return play([["probe", []], ["poll", batch], ["poll", idle]]);
        """
    )
    assert played["calls"] == "probe, poll new, poll 42, poll new"
    assert played["events"] == [1, 2]
    assert played["states"] == "probing polling"


def test_line_waits_and_probes_after_a_fault_and_keeps_its_acknowledgement(js: Scripts):
    played = js(
        PLAY
        + """
        const batch = { retcode: 0, key: "7", result: [{ value: { n: 1 } }] };
        return play([["probe", []], ["poll", batch], ["poll", down(0)], ["probe", down(502)], ["probe", []]]);
        """
    )
    assert played["states"] == "probing polling waiting probing waiting probing polling"
    assert played["calls"] == "probe, poll new, poll 7, probe, probe, poll 7"


def test_batch_that_could_not_be_taken_is_not_acknowledged(js: Scripts):
    calls = js(
        """
        const { Line } = await import("/js/poll.js");
        const { LineError } = await import("/js/wire.js");
        const keys = [];
        let finished;
        const end = new Promise((resolve) => { finished = resolve; });
        const line = new Line({
          probe: async () => [],
          poll: async (key) => {
            keys.push(key);
            if (keys.length === 2) { finished(); return new Promise(() => {}); }
            return { retcode: 0, key: "9", result: [{ poll_type: "message", value: {} }] };
          },
          online: () => {},
          events: async () => { throw new LineError("/api/x"); },
        });
        line.addEventListener("state", () => queueMicrotask(() => line.retryNow()));
        line.start();
        await end;
        line.stop();
        return keys;
        """
    )
    assert calls == ["new", "new"]


@pytest.mark.parametrize(
    ("script", "states", "calls"),
    [
        ("[['probe', []], ['poll', {retcode: 116, p: 'new'}], ['poll', idle]]", "probing polling", "ptwebqq new"),
        (
            "[['probe', []], ['poll', {retcode: 121}], ['relink', null], ['probe', []]]",
            "relinking probing polling",
            "relink",
        ),
        ("[['probe', []], ['poll', {retcode: 103}], ['probe', []]]", "probing polling probing polling", "probe, poll"),
        ("[['probe', no(103)], ['relink', no(103)]]", "probing relinking ended", "probe, relink"),
        ("[['probe', no(103)], ['relink', no(112)], ['probe', []]]", "relinking waiting probing polling", "relink"),
        ("[['probe', []], ['poll', {retcode: 100000}]]", "polling ended", "poll"),
        ("[['probe', []], ['poll', {retcode: 109}], ['probe', []]]", "polling waiting probing polling", "probe"),
    ],
)
def test_line_reacts_to_retcodes_as_the_protocol_says(js: Scripts, script: str, states: str, calls: str):
    played = js(f"{PLAY} return play({script});")
    assert played["states"].endswith(states)
    assert calls in played["calls"]


def test_line_gives_up_on_trouble_that_stays(js: Scripts):
    played = js(
        PLAY
        + """
        const trouble = () => [["probe", []], ["poll", { retcode: 103 }], ["relink", null]];
        return play(Array.from({ length: 9 }, trouble).flat());
        """
    )
    assert played["state"] == "ended"


def test_line_stops_when_kicked_and_never_starts_by_itself(js: Scripts):
    played = js(
        PLAY
        + """
        const kick = { poll_type: "kick_message", value: { n: 1, show_reason: 1, reason: "elsewhere" } };
        return play([["probe", []], ["poll", { retcode: 0, result: [kick] }]]);
        """
    )
    assert (played["state"], played["reason"]) == ("kicked", "elsewhere")
    assert played["calls"] == "probe, poll new"


def test_pauses_double_up_to_half_a_minute(js: Scripts):
    found = js(
        """
        const { pauseAfter } = await import("/js/poll.js");
        return [1, 2, 3, 6, 50].map((failures) => pauseAfter(failures, () => 0.5));
        """
    )
    assert found == [1000, 2000, 4000, 30000, 30000]


# What is kept.

KEPT = """
  const { Conversations, MESSAGES_KEPT, CONVERSATIONS_KEPT } = await import("/js/conversations.js");
  const { Shelf } = await import("/js/storage.js");
  localStorage.clear();
  const shelf = () => new Shelf(() => localStorage, "test ");
  const message = (id, extra = {}) => ({ id, own: false, name: "a", parts: ["t"], time: Number(id), ...extra });
"""


def test_conversations_drop_repeats_and_count_unread(js: Scripts):
    found = js(
        KEPT
        + """
        const all = new Conversations(shelf());
        const added = ["1", "2", "1"].map((id) => all.add("f", message(id), { isRead: false }));
        const unread = all.summary("f").unread;
        all.markRead("f");
        return [added, unread, new Conversations(shelf()).summary("f").unread];
        """
    )
    assert found == [[True, True, False], 2, 0]


def test_conversations_are_bounded_and_unread_ones_stay(js: Scripts):
    long, kept, has_draft, newest = js(
        KEPT
        + """
        const all = new Conversations(shelf());
        for (let i = 0; i < MESSAGES_KEPT + 5; i += 1) all.add("long", message(String(i)), { isRead: true });
        all.setDraft("drafted", "half a thought");
        for (let i = 0; i <= CONVERSATIONS_KEPT; i += 1) {
          all.add(`f${i}`, message(String(10_000 + i)), { isRead: true });
        }
        const again = new Conversations(shelf());
        return [
          all.messages("long").length <= MESSAGES_KEPT,
          again.keys().length === CONVERSATIONS_KEPT,
          again.summary("drafted").draft,
          again.messages(`f${CONVERSATIONS_KEPT}`).length,
        ];
        """
    )
    assert (long, kept, has_draft, newest) == (True, True, "half a thought", 1)


def test_conversations_work_where_the_browser_stores_nothing(js: Scripts):
    found = js(
        """
        const { Conversations } = await import("/js/conversations.js");
        const { Shelf } = await import("/js/storage.js");
        const all = new Conversations(new Shelf(() => { throw new Error("not allowed"); }, ""));
        all.add("f", { id: "1", own: false, name: "a", parts: ["t"], time: 1 }, { isRead: false });
        return [all.messages("f").length, all.summary("f").unread];
        """
    )
    assert found == [1, 1]


def test_full_storage_costs_the_oldest_conversation_not_the_newest(js: Scripts):
    found = js(
        KEPT
        + """
        const room = { used: new Map() };
        const area = {
          getItem: (name) => room.used.get(name) ?? null,
          removeItem: (name) => room.used.delete(name),
          setItem(name, text) {
            const others = [...room.used].filter(([each]) => each !== name).reduce((sum, [, t]) => sum + t.length, 0);
            if (name.includes("messages") && others + text.length > 1500) throw new Error("quota");
            room.used.set(name, text);
          },
        };
        const all = new Conversations(new Shelf(() => area, ""));
        const long = "x".repeat(500);
        for (const i of [1, 2, 3, 4]) all.add(`f${i}`, message(String(i), { parts: [long] }), { isRead: true });
        return [room.used.has("messages f1"), room.used.has("messages f4")];
        """
    )
    assert found == [False, True]


SENT = (
    KEPT
    + """
  const { Outbox } = await import("/js/outbox.js");
  const { LineError } = await import("/js/wire.js");
  async function sendAll(texts, deliver, isUp = () => true) {
    const all = new Conversations(shelf());
    const outbox = new Outbox(all, { deliver, isUp, now: () => 1000 });
    for (const text of texts) outbox.send("f", [text]);
    await new Promise((resolve) => setTimeout(resolve));
    return { all, outbox, states: all.messages("f").map(({ state }) => state) };
  }
"""
)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("return { retcode: 0, result: 'ok' }", "sent"),
        ("return { errCode: 0, msg: 'send ok' }", "sent"),
        ("return { retcode: 100100 }", "sent"),
        ("return { retcode: 1202 }", "unknown"),
        ("return { errCode: 1, errMsg: 'ERROR' }", "failed"),
        ("return { retcode: 100001 }", "failed"),
        ("throw new LineError('/x', { status: 413 })", "failed"),
        ("throw new LineError('/x', { status: 502 })", "unknown"),
        ("throw new LineError('/x')", "unknown"),
    ],
)
def test_send_is_sent_failed_or_unknown(js: Scripts, answer: str, state: str):
    assert js(f"{SENT} return (await sendAll(['a'], async () => {{ {answer} }})).states;") == [state]


def test_sends_go_one_by_one_in_the_order_typed(js: Scripts):
    found = js(
        SENT
        + """
        const log = [];
        let under = 0;
        await sendAll(["a", "b", "c"], async (key, content) => {
          under += 1;
          log.push([JSON.parse(content)[0], under]);
          await null;
          under -= 1;
          return { retcode: 0 };
        });
        return log;
        """
    )
    assert found == [["a", 1], ["b", 1], ["c", 1]]


def test_send_waits_for_the_line_and_survives_a_reload(js: Scripts):
    found = js(
        SENT
        + """
        const { states } = await sendAll(["a"], null, () => false);
        const all = new Conversations(shelf());
        all.add("f", message("5", { own: true, state: "sending" }), { isRead: true });
        const sent = [];
        const deliver = async (key, text) => { sent.push(text); return { retcode: 0 }; };
        const outbox = new Outbox(all, { deliver, isUp: () => true });
        await outbox.flush();
        return [states, sent.length, all.messages("f").map(({ state }) => state)];
        """
    )
    assert found == [["queued"], 1, ["sent", "unknown"]]


def test_failed_message_goes_again_only_when_asked(js: Scripts):
    found = js(
        SENT
        + """
        let answers = [{ retcode: 100001 }, { retcode: 0 }];
        const { all, outbox, states } = await sendAll(["a"], async () => answers.shift());
        outbox.again("f", all.messages("f")[0]);
        await new Promise((resolve) => setTimeout(resolve));
        return [states, all.messages("f").map(({ state }) => state)];
        """
    )
    assert found == [["failed"], ["sent"]]


# What was said before.

HISTORY = (
    KEPT
    + """
  const { History, historyMessage } = await import("/js/history.js");
  const { messageKey } = await import("/js/inbox.js");
  const said = (id, extra = {}) =>
    ({ id, msg_id: 7000 + id, seq: 0, time: 1000 + (id >> 1), own: false, name: "a", content: [`m${id}`], ...extra });
  const texts = (list) => list.map(({ parts }) => parts[0]);
  const contact = { key: "friend-1", kind: "friend", number: 1 };
  // A gateway that keeps these messages and gives them out by two.
  const gateway = (kept, asked = []) => async ({ before }) => {
    asked.push(before);
    const older = kept.filter(({ id }) => !before || id < before);
    return { messages: older.slice(-2), isMore: older.length > 2 };
  };
"""
)


def test_history_goes_back_page_by_page_and_ends(js: Scripts):
    found = js(
        HISTORY
        + """
        const all = new Conversations(shelf());
        const asked = [];
        const history = new History(all, gateway([1, 2, 3, 4, 5].map((id) => said(id)), asked));
        await history.refresh(contact);
        const first = texts(all.all("friend-1"));
        while (history.hasMore(contact)) await history.older(contact);
        return [first, texts(all.all("friend-1")), asked, await history.older(contact), all.summary("friend-1").unread];
        """
    )
    assert found == [["m4", "m5"], ["m1", "m2", "m3", "m4", "m5"], [0, 4, 2], False, 0]


def test_what_was_missed_is_fetched_down_to_what_is_there_already(js: Scripts):
    found = js(
        HISTORY
        + """
        const all = new Conversations(shelf());
        const kept = Array.from({ length: 9 }, (_, i) => said(i + 1));
        // Two that this browser has, and the newest, which it was told of for the list of contacts.
        all.merge("friend-1", [kept[0], kept[1]].map(historyMessage));
        all.merge("friend-1", [historyMessage(kept[8])]);
        const asked = [];
        await new History(all, gateway(kept, asked)).refresh(contact);
        return [texts(all.all("friend-1")), asked];
        """
    )
    assert found == [[f"m{number}" for number in range(1, 10)], [0, 8, 6, 4]]


def test_message_of_the_line_and_of_the_history_is_one(js: Scripts):
    found = js(
        HISTORY
        + """
        const all = new Conversations(shelf());
        const event = { msg_id: 3, msg_id2: 3, time: 1001 };
        all.add("friend-1", message("0", { id: messageKey(event), time: 1_003_000 }), { isRead: true });
        const group = { msg_id: 9, msg_id2: 9, seq: 4, time: 1004 };
        all.add("group-1", message("0", { id: messageKey(group), time: 1_009_000 }), { isRead: true });
        return [
          all.merge("friend-1", [historyMessage(said(3))]),
          all.merge("group-1", [historyMessage(said(9, { seq: 4 }))]),
        ];
        """
    )
    assert found == [False, False]


def test_send_in_doubt_is_sent_when_the_history_has_it(js: Scripts):
    found = js(
        HISTORY
        + """
        const all = new Conversations(shelf());
        const own = (id, state, sentAs) => message(id, { own: true, state, sentAs, time: 1_001_000 });
        for (const [id, sentAs] of [["x", 7001], ["y", 7002]]) {
          all.add("f", own(id, "unknown", sentAs), { isRead: true });
        }
        const isNew = all.merge("f", [historyMessage(said(1, { own: true }))]);
        return [isNew, all.messages("f").map(({ state }) => state)];
        """
    )
    assert found == [False, ["sent", "unknown"]]


def test_what_was_sent_elsewhere_takes_its_place_by_time(js: Scripts):
    found = js(
        HISTORY
        + """
        const all = new Conversations(shelf());
        for (const id of [1, 5]) {
          all.add("f", message(`${id}`, { parts: [`t${id}`], time: 1_000_000 + id * 500 }), { isRead: true });
        }
        all.merge("f", [said(3, { own: true }), said(9, { own: true })].map(historyMessage));
        const again = new Conversations(shelf());
        const { last, unread } = again.summary("f");
        return [texts(all.all("f")), texts(again.messages("f")), last.parts, unread];
        """
    )
    assert found == [["t1", "m3", "t5", "m9"], ["t1", "m3", "t5", "m9"], ["m9"], 0]


def test_gateway_without_a_history_is_asked_once(js: Scripts):
    found = js(
        HISTORY
        + """
        const { LineError } = await import("/js/wire.js");
        let asked = 0;
        const history = new History(new Conversations(shelf()), async () => {
          asked += 1;
          throw new LineError("/page/history", { status: 404 });
        });
        return [await history.refresh(contact), await history.older(contact), history.hasMore(contact), asked];
        """
    )
    assert found == [False, False, False, 1]


# Small things that decide.


def test_friend_is_told_of_typing_now_and_then_and_a_notice_goes_by(js: Scripts):
    found = js(
        """
        const { SHOWN_MS, TOLD_MS, Typing } = await import("/js/typing.js");
        let now = 0, timers = new Map(), count = 0;
        const later = (work, ms) => { timers.set(++count, [work, ms]); return count; };
        const told = [], changes = [];
        const typing = new Typing(async (key) => told.push([key, now]), {
          now: () => now, later, never: (id) => timers.delete(id),
        });
        typing.addEventListener("change", ({ detail }) => changes.push([detail.key, typing.isTyping(detail.key)]));
        for (now of [0, 100, TOLD_MS]) typing.typed("a");
        typing.sent("a");
        typing.typed("a");
        typing.heard("b");
        typing.heard("b");
        const waiting = [...timers.values()];
        waiting[0][0]();
        typing.heard("b");
        typing.stopped("b");
        return [told.map(([, at]) => at / TOLD_MS), changes, waiting.length, waiting[0][1] > TOLD_MS];
        """
    )
    assert found == [[0, 1, 1], [["b", True], ["b", False], ["b", True], ["b", False]], 1, True]


def test_service_that_knows_no_typing_is_told_once(js: Scripts):
    found = js(
        """
        const { Typing } = await import("/js/typing.js");
        let asked = 0;
        const typing = new Typing(async () => { asked += 1; throw Object.assign(new Error(), { status: 404 }); });
        typing.typed("a");
        await null;
        await null;
        typing.typed("b");
        return asked;
        """
    )
    assert found == 1


@pytest.mark.parametrize(("answer", "is_on"), [("granted", True), ("denied", False)])
def test_notifications_are_shown_where_the_person_and_the_browser_agree(js: Scripts, answer: str, is_on: bool):
    found = js(
        """
        const { Notifications } = await import("/js/notifications.js");
        const { Shelf } = await import("/js/storage.js");
        const shown = [];
        class Api extends EventTarget {
          static permission = "default";
          static async requestPermission() { return (Api.permission = args[0]); }
          constructor(title, options) { super(); shown.push([title, options.body, this]); }
          close() {}
        }
        sessionStorage.clear();
        const shelf = new Shelf(() => sessionStorage, "test ");
        const all = new Notifications(Api, shelf);
        let opened = 0;
        const show = () => all.show({ title: "小明", body: "在吗", tag: "f", onOpen: () => { opened += 1; } });
        show();
        const isOn = await all.turn(true);
        show();
        shown[0]?.[2].dispatchEvent(new Event("click"));
        const kept = new Notifications(Api, shelf).isOn;
        await all.turn(false);
        show();
        return [isOn, kept, shown.map(([title, body]) => [title, body]), opened];
        """,
        answer,
    )
    assert found == [is_on, is_on, [["小明", "在吗"]] if is_on else [], int(is_on)]


def test_faces_have_glyphs_only_where_they_can_be_drawn(js: Scripts):
    found = js(
        """
        const { Glyphs } = await import("/js/glyphs.js");
        const { FACE_NUMBERS } = await import("/js/faces.js");
        const drawn = new Glyphs(true);
        const named = new Glyphs(false);
        const isUnique = new Set(FACE_NUMBERS).size === FACE_NUMBERS.length;
        return [drawn.of(14), drawn.of(9999) ?? null, named.of(14) ?? null, isUnique];
        """
    )
    assert found == ["🙂", None, None, True]


# Who is there.


def test_discussions_and_their_members_are_read(js: Scripts):
    samples = Path(__file__).parents[1] / "protocol" / "data" / "samples"
    lists = [json.loads((samples / f"{name}.json").read_text("utf-8"))["result"] for name in DISCUSSION_SAMPLES]
    found = js(
        """
        const { parseDiscussions, parseDiscussionMembers } = await import("/js/roster.js");
        return [parseDiscussions(args[0]), parseDiscussionMembers(args[1])];
        """,
        *lists,
    )
    discussions, members = found
    assert discussions[0] == discussions[0] | {"kind": "discussion", "did": 3900000001, "key": "discussion-3900000001"}
    assert members[0] == members[0] | {"uin": 3100000001, "name": "小明", "role": "owner"}


def test_roster_joins_lists_by_uin_and_adds_the_first_category(js: Scripts):
    samples = Path(__file__).parents[1] / "protocol" / "data" / "samples"
    result = json.loads((samples / "get_user_friends2.json").read_text("utf-8"))["result"]
    found = js("""const { parseFriends } = await import("/js/roster.js"); return parseFriends(args[0]);""", result)
    assert [category["index"] for category in found["categories"]] == [0, 1, 2, 3]
    assert [(friend["nick"], friend["mark"], friend["category"]) for friend in found["friends"]] == [
        ("小明", "王小明", 0),
        ("Alice & Bob", "", 1),
    ]


def test_group_members_have_cards_roles_and_presence(js: Scripts):
    samples = Path(__file__).parents[1] / "protocol" / "data" / "samples"
    result = json.loads((samples / "get_group_info_ext2.json").read_text("utf-8"))["result"]
    found = js("""const { parseMembers } = await import("/js/roster.js"); return parseMembers(args[0]);""", result)
    assert [(member["name"], member["role"], member["presence"]) for member in found] == [
        ("小明", "owner", "online"),
        ("甲同学", "admin", "busy"),
        ("测试号", "member", "online"),
    ]


def test_every_text_that_the_page_names_exists(js: Scripts):
    named = set(re.findall(r'data-(?:text|label|alt|placeholder)="([^"]+)"', (WEB / "index.html").read_text("utf-8")))
    for module in (WEB / "js").rglob("*.js"):
        named |= set(re.findall(r'\bt\("([a-zA-Z.]+)"', module.read_text("utf-8")))
    texts = set(js("""const { STRINGS } = await import("/js/strings.js"); return Object.keys(STRINGS.zh);"""))
    assert named <= texts
    assert len(named) > 40


def test_both_languages_have_the_same_texts(js: Scripts):
    zh, en = js(
        """const { STRINGS } = await import("/js/strings.js"); return [STRINGS.zh, STRINGS.en].map(Object.keys);"""
    )
    assert zh == en
