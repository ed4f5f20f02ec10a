"""The line's state machine, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import assert_moves

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


def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts):
    assert_moves(js, "poll", LINE_MOVES)


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
