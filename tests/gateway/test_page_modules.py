"""The modules of the chat page that decide things, run in the browser without a gateway."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium")

from tests.gateway.page_browser import Scripts, chromium, files_alone, missing_programs

pytestmark = pytest.mark.skipif(bool(missing_programs()), reason=f"not on this machine: {missing_programs()}")

VECTORS = json.loads((Path(__file__).parents[1] / "protocol" / "data" / "vectors.json").read_text("utf-8"))["functions"]


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


@pytest.mark.parametrize(("module", "moves"), [("poll", LINE_MOVES), ("outbox", SEND_MOVES)])
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


# Who is there.


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


def test_both_languages_have_the_same_texts(js: Scripts):
    zh, en = js(
        """const { STRINGS } = await import("/js/strings.js"); return [STRINGS.zh, STRINGS.en].map(Object.keys);"""
    )
    assert zh == en
