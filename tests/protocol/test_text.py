import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from webqq.protocol.text import escape, normalize_newlines, unescape


@pytest.mark.parametrize("vector", vectors("xml_unescape"))
def test_entities_are_decoded_once(vector):
    assert unescape(vector["raw"]) == vector["text"]


def test_markup_and_quotes_are_written_as_entities():
    assert escape("""<b> & "it's\"""") == "&lt;b&gt; &amp; &quot;it's&quot;"


@given(st.text())
def test_unescape_undoes_escape_but_for_no_break_spaces(text):
    assert unescape(escape(text)) == text.replace("\N{NO-BREAK SPACE}", " ")


def test_line_ends_of_all_systems_become_one():
    assert normalize_newlines("a\r\nb\rc\n\r\nd") == "a\nb\nc\n\nd"
