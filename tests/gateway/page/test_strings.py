"""The texts of the page, run in the browser without a gateway."""

import re

from tests.gateway.page.browser import WEB, Scripts


def test_every_text_that_the_page_names_exists(js: Scripts):
    named = set(re.findall(r'data-(?:text|label|alt|placeholder)="([^"]+)"', (WEB / "index.html").read_text("utf-8")))
    for module in (WEB / "js").rglob("*.js"):
        named |= set(re.findall(r'\bt\("([a-zA-Z.]+)"', module.read_text("utf-8")))
    texts = set(js("""const { STRINGS } = await import("/js/strings.js"); return Object.keys(STRINGS.zh);"""))
    assert named <= texts
    assert len(named) > 40


def test_both_languages_have_the_same_texts(js: Scripts):
    zh, en = js(
        """const { STRINGS } = await import("/js/strings.js"); return [STRINGS.zh, STRINGS.en].map(Object.keys);"""
    )
    assert zh == en
