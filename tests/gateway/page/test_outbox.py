"""Messages on their way out, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import KEPT, assert_moves, vectors

SEND_MOVES: dict[str, dict[str, str]] = {
    "queued": {"try": "sending"},
    "sending": {"accepted": "sent", "refused": "failed", "unanswered": "unknown"},
    "sent": {},
    "failed": {"again": "queued"},
    "unknown": {},
}


def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts):
    assert_moves(js, "outbox", SEND_MOVES)


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
        await sendAll(["a", "b", "c"], async (key, { parts }) => {
          under += 1;
          log.push([parts[0], under]);
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
        const deliver = async (key, message) => { sent.push(message); return { retcode: 0 }; };
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
