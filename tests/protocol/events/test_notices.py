from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.events.only import only_event
from tests.protocol.strategies import TEXTS
from webqq.protocol.events import GroupNotice, NoticeElement, parse_notice, serialize_notice

MAYBE = st.none() | TEXTS
ELEMENTS = st.lists(st.builds(NoticeElement, t=TEXTS, u=MAYBE, i=MAYBE, s=MAYBE)).map(tuple)


def test_shared_file_is_a_notice():
    event = only_event("group_web_message")
    assert isinstance(event, GroupNotice)
    assert (event.gid, event.group_code, event.send_uin) == (4200000001, 2700000001, 3100000003)
    assert event.text == "共享文件 IMG_1193.jpg"
    assert event.elements[0] == NoticeElement(t="h", u="200300403")
    assert serialize_notice(event.elements) == event.xml


def test_line_breaks_and_pictures_are_shown():
    elements = (NoticeElement(t="t", s="a<b"), NoticeElement(t="r"), NoticeElement(t="i", s="http://x/"))
    xml = serialize_notice((*elements, NoticeElement(t="new", s="?")))
    event = GroupNotice(from_uin=1, to_uin=2, msg_id=3, group_code=4, send_uin=5, xml=xml)
    assert event.text == "a<b\n[图片]"


def test_whatever_else_stands_in_a_notice_is_passed_over():
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa">]><d><x/><n t="t" s="&a;" z="1"></n><n/>text</d>'
    assert parse_notice(bomb) == (NoticeElement(t="t", s="&a;"), NoticeElement(t=""))
    assert parse_notice("no XML") == ()


@given(ELEMENTS)
def test_parse_undoes_serialize(elements):
    assert parse_notice(serialize_notice(elements)) == elements


@given(st.text())
def test_any_text_is_a_notice(text):
    parse_notice(text)
    parse_notice(f"<d><n {text}/></d>")
