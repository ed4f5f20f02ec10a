"""What is kept in the browser, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import KEPT


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
