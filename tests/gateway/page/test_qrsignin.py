"""Sign-in by a code, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import assert_moves

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


def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts):
    assert_moves(js, "qrsignin", QR_MOVES)


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
