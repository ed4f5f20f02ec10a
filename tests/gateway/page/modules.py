"""What the tests of the page's modules share."""

import json
from pathlib import Path
from typing import Any

from tests.gateway.page.browser import Scripts

DATA = Path(__file__).parents[2] / "protocol" / "data"
SAMPLES = DATA / "samples"
VECTORS = json.loads((DATA / "vectors.json").read_text("utf-8"))["functions"]

KEPT = """
  const { Conversations, MESSAGES_KEPT, CONVERSATIONS_KEPT } = await import("/js/conversations.js");
  const { Shelf } = await import("/js/storage.js");
  localStorage.clear();
  const shelf = () => new Shelf(() => localStorage, "test ");
  const message = (id, extra = {}) => ({ id, own: false, name: "a", parts: ["t"], time: Number(id), ...extra });
"""
"""Conversations on an empty shelf."""


def vectors(function: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = VECTORS[function]["vectors"]
    return found


def assert_moves(js: Scripts, module: str, moves: dict[str, dict[str, str]]) -> None:
    """Assert that each pair of state and input of a module leads where ``moves`` says, and every other is an error."""
    inputs = sorted({each for row in moves.values() for each in row})
    found = js(
        """
        const [module, states, inputs] = args;
        const { nextState } = await import(`/js/${module}.js`);
        const move = (state, input) => { try { return nextState(state, input); } catch { return null; } };
        return states.map((state) => inputs.map((input) => move(state, input)));
        """,
        module,
        list(moves),
        inputs,
    )
    assert found == [[row.get(each) for each in inputs] for row in moves.values()]
