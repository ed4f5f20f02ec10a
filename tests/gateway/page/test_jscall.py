"""Answers that are scripts, run in the browser without a gateway."""

from tests.gateway.page.browser import Scripts
from tests.gateway.page.modules import vectors


def test_js_call_keeps_arguments_as_written(js: Scripts):
    cases = vectors("js_callback_parse")
    found = js(
        """
        const { parseJsCall } = await import("/js/jscall.js");
        return args[0].map(({ raw }) => parseJsCall(raw));
        """,
        cases,
    )
    assert found == [{"name": case["function"], "args": case["arguments_raw"]} for case in cases]
