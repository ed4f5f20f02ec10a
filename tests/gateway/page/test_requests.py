"""Who asks and what is new, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import assert_moves

REQUEST_MOVES: dict[str, dict[str, str]] = {
    "open": {"answer": "busy"},
    "busy": {"accepted": "accepted", "refused": "refused", "gone": "gone", "failed": "open"},
    "accepted": {},
    "refused": {},
    "gone": {},
}

ASK = """
  const { ITEMS_KEPT, Requests } = await import("/js/requests.js");
  const { Shelf } = await import("/js/storage.js");
  const { LineError, Refused } = await import("/js/wire.js");
  localStorage.clear();
  const shelf = () => new Shelf(() => localStorage, "test ");
  const answers = [];
  let reply = async () => {};
  const service = {
    person: async (uin) => ({ name: `n${uin}`, number: 1000 + uin }),
    groupName: (number) => (number === 900100 ? "测试群" : null),
    answerFriend: (item, ...answer) => { answers.push(["friend", item.number, ...answer]); return reply(); },
    answerMember: (item, ...answer) => { answers.push(["member", item.group, ...answer]); return reply(); },
  };
  let now = 0;
  const requests = () => new Requests(shelf(), service, { now: () => ++now });
  const ask = (all, account, msg = "hi") =>
    all.takeFriendEvent({ type: "verify_required", seq: 1, from_uin: account - 1000, account, msg });
"""


def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts):
    assert_moves(js, "requests", REQUEST_MOVES)


def test_who_asks_is_there_after_a_reload_and_asks_once(js: Scripts):
    found = js(
        ASK
        + """
        const all = requests();
        await ask(all, 1031, "I &amp; you");
        await ask(all, 1031, "again &lt;b&gt;");
        const group = { type: "group_request_join", msg_id: 4, t_gcode: 900100, request_uin: 32, msg: "let me in" };
        await all.takeGroupEvent(group);
        const again = requests();
        return again.items.map(({ kind, state, name, number, text, groupName = "" }) =>
          [kind, state, name, number, text, groupName]).concat(again.unseen);
        """
    )
    assert found == [
        ["group", "open", "n32", 1032, "let me in", "测试群"],
        ["friend", "open", "n31", 1031, "again <b>", ""],
        2,
    ]


def test_news_count_until_they_were_seen(js: Scripts):
    found = js(
        ASK
        + """
        const all = requests();
        await all.takeFriendEvent({ type: "verify_pass_add", seq: 5, from_uin: 31, account: 1031 });
        await all.takeGroupEvent({ type: "group_request_join_deny", msg_id: 6, t_gcode: 1, msg: "full" });
        all.takeHint({ tips: "  ", msg_id: 7 });
        all.takeHint({ tips: "2 messages &lt;lost&gt;", msg_id: 8 });
        const before = all.unseen;
        all.see();
        await ask(all, 1040);
        const notes = all.items.map(({ note, text }) => note ?? text);
        all.clear();
        return [before, all.unseen, notes, all.items.length];
        """
    )
    assert found == [3, 1, ["hi", "2 messages <lost>", "groupDenied", "friendAccepted"], 1]


@pytest.mark.parametrize(
    ("reply", "state", "has_failed"),
    [
        ("async () => {}", "refused", False),
        ("async () => { throw new LineError('/x'); }", "open", True),
        ("async () => { throw new Refused('/x', 1); }", "gone", False),
    ],
)
def test_answer_counts_once_the_gateway_took_it(js: Scripts, reply: str, state: str, has_failed: bool):
    found = js(
        ASK
        + f"""
        const all = requests();
        await ask(all, 1031);
        reply = {reply};
        const [item] = all.items;
        await all.answer(item, false, "no time");
        return [answers, item.state, Boolean(item.hasFailed)];
        """
    )
    assert found == [[["friend", 1031, False, "no time"]], state, has_failed]


def test_requests_are_bounded_and_open_ones_stay(js: Scripts):
    found = js(
        ASK
        + """
        const all = requests();
        await ask(all, 1031);
        for (let i = 0; i < ITEMS_KEPT + 20; i += 1) all.tell("leftSelf", { group: "g" });
        return [all.items.length <= ITEMS_KEPT + 1, all.items.at(-1).kind];
        """
    )
    assert found == [True, "friend"]
