"""Notifications of the desktop, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts


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
