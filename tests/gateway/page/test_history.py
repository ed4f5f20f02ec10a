"""What was said before, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import KEPT

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


def test_names_of_the_history_are_text(js: Scripts):
    name = js(HISTORY + """return historyMessage(said(1, { name: "A &lt;b&gt; &amp; B" })).name;""")
    assert name == "A <b> & B"


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
