"""Poll events on their way into conversations, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import KEPT

TAKE = (
    KEPT
    + """
  const { Inbox } = await import("/js/inbox.js");
  const { LineError } = await import("/js/wire.js");
  const friend = { key: "friend-1", kind: "friend", uin: 31, name: "a" };
  const group = { key: "group-1", kind: "group", gid: 41, name: "g" };
  const roster = {
    self: { uin: 1 },
    friend: (uin) => (uin === 31 ? friend : undefined),
    group: (gid) => (gid === 41 ? group : undefined),
    discussion: () => { throw new TypeError("no list of discussions"); },
    memberName: async (_, uin) => `m${uin}`,
    load: async () => {},
    stranger: async (kind, { uin }) => ({ key: `~${kind}-${uin}`, kind, uin, name: null }),
  };
  const told = [];
  const requests = {
    tell: (...news) => told.push(news),
    takeHint: ({ tips }) => told.push(tips),
    takeFriendEvent: ({ type }) => told.push(type),
    takeGroupEvent: ({ type }) => told.push(type),
  };
  const all = new Conversations(shelf());
  const inbox = new Inbox(roster, all, requests, () => false);
  const take = (type, value) => inbox.take([{ poll_type: type, value: { msg_id: 5, msg_id2: 6, ...value } }]);
"""
)


def test_files_are_messages_and_know_what_became_of_them(js: Scripts):
    found = js(
        TAKE
        + """
        const left = { from_uin: 31, name: "l", size: 3, rkey: "k", expire_time: 9, time: 7 };
        await take("push_offfile", left);
        await take("push_offfile", left);
        await take("file_message", { mode: "recv", type: 101, from_uin: 31, name: "d", session_id: 4, msg_id: 8 });
        await take("file_message", { mode: "recv", type: 161, from_uin: 31, name: "call", session_id: 4, msg_id: 9 });
        await take("file_message", { mode: "recv", type: 101, from_uin: 99, name: "stranger", session_id: 4 });
        const own = ["file", { form: "sent", name: "o", size: 2 }];
        all.add("friend-1", message("o1", { own: true, parts: [own], state: "sent" }), { isRead: true });
        await take("notify_offfile", { from_uin: 31, action: 1, filename: "o", filesize: 2 });
        await take("notify_offfile", { from_uin: 31, action: 2, filename: "o", filesize: 2 });
        const messages = all.messages("friend-1").map(({ parts, answer }) => [parts[0][1].name, answer ?? null]);
        const strangers = all.messages("~friend-99").map(({ parts }) => parts[0][1].name);
        return [messages, all.summary("friend-1").unread, strangers];
        """
    )
    assert found == [[["l", None], ["d", None], ["o", "taken"]], 2, ["stranger"]]


def test_who_comes_and_goes_is_told_in_the_group_and_oneself_among_the_news(js: Scripts):
    found = js(
        TAKE
        + """
        const at = (id) => ({ from_uin: 41, t_gcode: 900100, msg_id: id });
        await take("sys_g_msg", { type: "group_join", new_member: 51, ...at(1) });
        await take("sys_g_msg", { type: "group_leave", op_type: 2, old_member: 52, ...at(2) });
        await take("sys_g_msg", { type: "group_leave", op_type: 3, old_member: 53, ...at(3) });
        await take("sys_g_msg", { type: "group_admin_op", op_type: 1, uin: 54, ...at(4) });
        await take("sys_g_msg", { type: "group_admin_op", op_type: 0, uin: 1, ...at(5) });
        await take("sys_g_msg", { type: "group_leave", op_type: 3, old_member: 1, t_gcode: 900200, from_uin: 42 });
        await take("sys_g_msg", { type: "group_request_join", request_uin: 55, ...at(6) });
        await take("tips", { tips: "hint" });
        await take("system_message", { type: "verify_required" });
        const notes = all.messages("group-1").map(({ parts: [[, note, { name }]] }) => `${note} ${name}`);
        return [notes, told, all.summary("group-1").unread];
        """
    )
    notes, told, unread = found
    assert notes == ["joined m51", "left m52", "removed m53", "admin m54"]
    assert told == [
        ["noAdminSelf", {"group": "g"}],
        ["removedSelf", {"group": "900200"}],
        "group_request_join",
        "hint",
        "verify_required",
    ]
    assert unread == 0


def test_event_that_makes_no_sense_costs_nothing_and_a_broken_line_all(js: Scripts):
    found = js(
        TAKE
        + """
        const wrong = [];
        const { error } = console;
        console.error = (...words) => wrong.push(words[0]);
        const shaken = [];
        inbox.addEventListener("shaken", ({ detail }) => shaken.push(detail.key));
        await inbox.take([
          { poll_type: "unheard_of", value: {} },
          { poll_type: "discu_message" },
          { poll_type: "shake_message", value: { from_uin: 31, msg_id: 1, msg_id2: 2 } },
        ]);
        console.error = error;
        roster.load = async () => { throw new LineError("/x"); };
        const isTaken = await take("message", { from_uin: 77, content: [] }).then(() => true, () => false);
        return [wrong.length, shaken, all.messages("friend-1")[0].parts[0].slice(0, 2), isTaken];
        """
    )
    assert found == [1, ["friend-1"], ["note", "shaken"], False]
