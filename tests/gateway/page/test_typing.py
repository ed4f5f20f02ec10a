"""Who is typing, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts


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
