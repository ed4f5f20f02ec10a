"""Letting another device in, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import assert_moves

APPROVAL_MOVES: dict[str, dict[str, str]] = {
    "empty": {"look": "looking"},
    "looking": {"found": "asked", "gone": "gone", "failed": "failed"},
    "asked": {"answer": "answering"},
    "answering": {"yes": "approved", "no": "refused", "gone": "gone", "failed": "asked"},
    "gone": {"look": "looking"},
    "failed": {"look": "looking"},
    "approved": {},
    "refused": {},
}


def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts):
    assert_moves(js, "approval", APPROVAL_MOVES)


def test_code_of_another_device_is_taken_from_an_address_or_typed(js: Scripts):
    found = js(
        r"""
        const { codeIn, tidy } = await import("/js/approval.js");
        return [
          codeIn({ hash: "#approve=abc234" }), codeIn({ hash: "" }), codeIn({ hash: "#friend-1" }),
          codeIn({ hash: "#approve=<b>abc" }),
          tidy(" abc234\n"), tidy("http://127.0.0.1:8080/#approve=abc234"), tidy("ab"), tidy("a b c d"),
        ];
        """
    )
    assert found == ["abc234", None, None, None, "abc234", "abc234", "", ""]


@pytest.mark.parametrize(
    ("look", "answer", "states"),
    [
        ("null", "null", "looking asked answering approved"),
        ("new Refused('/x', 6)", "null", "looking gone"),
        ("new LineError('/x')", "null", "looking failed"),
        ("null", "new Refused('/x', 6)", "looking asked answering gone"),
        ("null", "new LineError('/x')", "looking asked answering asked"),
    ],
)
def test_device_is_let_in_when_the_gateway_took_the_answer(js: Scripts, look: str, answer: str, states: str):
    found = js(
        f"""
        const {{ Approval }} = await import("/js/approval.js");
        const {{ LineError, Refused }} = await import("/js/wire.js");
        const give = async (error) => {{ if (error) throw error; return {{ address: "192.0.2.1" }}; }};
        const approval = new Approval({{ look: () => give({look}), answer: () => give({answer}) }});
        const states = [];
        approval.addEventListener("state", () => states.push(approval.state));
        await approval.look("abc234");
        if (approval.state === "asked") await approval.answer(true);
        return [states.join(" "), approval.hasFailed];
        """
    )
    assert found == [states, answer.startswith("new LineError")]
