"""Looking for somebody by number, run in the browser without a gateway."""

import pytest

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import assert_moves

SEARCH = {"search": "searching"}
FINDER_MOVES: dict[str, dict[str, str]] = {
    "empty": SEARCH,
    "searching": {"found": "found", "known": "known", "self": "self", "missing": "missing", "failed": "failed"},
    "found": {"ask": "asking", **SEARCH},
    "asking": {"asked": "asked", "refused": "refused", "failed": "found"},
    **dict.fromkeys(("known", "self", "missing", "failed", "refused", "asked"), SEARCH),
}


def test_every_pair_of_state_and_input_moves_or_is_an_error(js: Scripts):
    assert_moves(js, "finder", FINDER_MOVES)


def test_number_has_five_to_ten_digits(js: Scripts):
    found = js(
        """
        const { numberIn } = await import("/js/finder.js");
        return [" 10000 ", "4294967295", "1234", "012345", "12345678901", "12a45", ""].map(numberIn);
        """
    )
    assert found == [10000, 4294967295, None, None, None, None, None]


@pytest.mark.parametrize(
    ("find", "ask", "states"),
    [
        ("return {}", "", "searching found asking asked"),
        ("return { isKnown: true }", "", "searching known"),
        ("return { isSelf: true }", "", "searching self"),
        ("throw new Refused('/x', 6)", "", "searching missing"),
        ("throw new LineError('/x')", "", "searching failed"),
        ("return {}", "throw new Refused('/x', 1)", "searching found asking refused"),
        ("return {}", "throw new LineError('/x')", "searching found asking found"),
    ],
)
def test_search_leads_to_a_question_where_there_is_somebody_to_ask(js: Scripts, find: str, ask: str, states: str):
    found = js(
        f"""
        const {{ Finder }} = await import("/js/finder.js");
        const {{ LineError, Refused }} = await import("/js/wire.js");
        const finder = new Finder({{ find: async () => {{ {find} }}, ask: async () => {{ {ask} }} }});
        const states = [];
        finder.addEventListener("state", () => states.push(finder.state));
        await finder.search("friend", 12345);
        if (finder.state === "found") await finder.ask("hi");
        return [states.join(" "), finder.hasFailed];
        """
    )
    assert found == [states, ask.startswith("throw new LineError")]
