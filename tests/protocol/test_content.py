import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from tests.protocol.strategies import RECEIVED, SENT, as_received
from webqq.protocol.content import (
    DEFAULT_FONT,
    Content,
    Face,
    Font,
    HiddenPicture,
    OfflinePicture,
    UnknownPart,
    parse_received,
    parse_sent,
    serialize_received,
    serialize_sent,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.faces import FACES

FONT = ["font", {"name": "宋体", "size": 10, "style": [0, 0, 0], "color": "000000"}]


def received(*elements: object) -> Content:
    return parse_received([FONT, *elements])


# Text of a person to content, and back.


@pytest.mark.parametrize("vector", vectors("send_content"), ids=lambda vector: vector["text"])
def test_bracketed_faces_with_and_without_the_blank_of_the_page(vector):
    spaced = Content.from_text(vector["text"], blank_after_face=True)
    plain = Content.from_text(vector["text"])
    assert json.loads(serialize_sent(spaced)) == vector["content_array_official"]
    assert json.loads(serialize_sent(plain)) == vector["content_array_mojo"]


@pytest.mark.parametrize("vector", vectors("send_content_slash_syntax"), ids=lambda vector: vector["text"])
def test_faces_after_a_slash(vector):
    content = Content.from_text(vector["text"], slash=True)
    # qqbot leaves an empty text between two faces; it says nothing and is not made here.
    assert json.loads(serialize_sent(content)) == [element for element in vector["content_array"] if element != ""]


@pytest.mark.parametrize("vector", vectors("receive_content_to_text"), ids=lambda vector: vector["text"])
def test_received_content_in_the_slash_spelling(vector):
    assert parse_received(vector["content"]).slash_text == vector["text"]


@pytest.mark.parametrize("text", ["[微笑]", "[Smile]", "/微笑"])
def test_face_is_found_by_either_name_in_either_spelling(text):
    assert Content.from_text(text, slash=text.startswith("/")).parts == (Face(14),)


def test_slash_in_a_link_is_no_face_unless_asked_for():
    assert Content.from_text("http://x/OK").parts == ("http://x/OK",)


def test_empty_text_is_one_empty_part():
    assert Content.from_text("").parts == ("",)


def test_empty_text_of_the_page_is_nothing():
    assert Content.from_text("", blank_after_face=True).parts == ()


@given(st.lists(st.text("ab [微笑/") | st.sampled_from(sorted(FACES)).map(lambda n: f"[{FACES[n].zh}]")).map("".join))
def test_text_of_a_content_from_text_is_the_text(text):
    assume(not any(f"[{name.en}]" in text for name in FACES.values()))
    assert Content.from_text(text).text == text


def test_text_has_placeholders_for_what_is_no_text():
    content = received(
        "a",
        ["face", 14],
        ["face", 999],
        ["offpic", {"success": 1, "file_path": "/d6"}],
        ["cface", {"name": "X.jpg", "file_id": 1, "key": "k", "server": "192.0.2.15:80"}],
        ["cface", "X.jpg", ""],
        ["video", 1],
    )
    assert content.text == "a[微笑][表情][图片][图片][图片][表情]"


def test_picture_of_a_temporary_chat_is_one_placeholder():
    assert received(["pic_id", "5E10"], ["image", "jpg", 0], " ").text == "[图片] "


def test_content_with_nothing_but_a_font_is_a_hidden_picture():
    content = received()
    assert content.parts == (HiddenPicture(),)
    assert content.text == "[图片]"
    assert serialize_received(content) == [FONT]
    assert json.loads(serialize_sent(content)) == [FONT]


def test_broken_font_block_of_desktop_clients_is_known():
    assert received(" \x00\n\x00\x00\x00\x00\x02宋体\r", "more").is_broken_font_block
    assert not received(" 宋体").is_broken_font_block
    assert not received().is_broken_font_block


# The sent form.


@pytest.mark.parametrize("vector", vectors("send_content"), ids=lambda vector: vector["text"])
def test_content_string_of_the_vectors_is_read_and_written_again(vector):
    content = parse_sent(vector["content_string"])
    assert content.font == DEFAULT_FONT
    assert serialize_sent(content) == vector["content_string"]


@given(SENT)
def test_parse_sent_undoes_serialize_sent(content):
    assert parse_sent(serialize_sent(content)) == content


def test_size_of_a_picture_may_be_text():
    picture = OfflinePicture("/a", "12.jpg", 137972)
    assert parse_sent('[["offpic","/a","12.jpg","137972"]]').parts == (picture,)
    assert parse_sent(serialize_sent(Content((picture,)))).parts == (picture,)
    assert isinstance(parse_sent('[["offpic","/a","12.jpg","x"]]').parts[0], UnknownPart)


def test_sent_text_is_raw():
    assert parse_sent('["<b>&lt;\\r\\n"]').parts == ("<b>&lt;\r\n",)
    assert serialize_sent(Content(("<&\u00a0",))).startswith('["<&\u00a0",')


def test_font_is_the_last_one_given_or_the_default():
    assert parse_sent('[["font",{"size":9}],"a",["font",{"size":"12"}]]').font == Font(size=12)
    assert parse_sent('["a"]').font == DEFAULT_FONT


@pytest.mark.parametrize(
    "fields",
    [
        '{"name":1,"size":null,"color":"red;x","style":"bold"}',
        '{"size":"9999999999","color":7,"style":[1,1]}',
        '{"size":9999999999,"style":[2,0,0]}',
        '{"size":"٣","style":["1",0,0]}',
        "[]",
        "1",
    ],
)
def test_field_of_a_font_that_does_not_fit_gets_its_default(fields):
    assert parse_sent(f'["a",["font",{fields}]]').font == DEFAULT_FONT
    assert parse_sent('["a",["font"]]').font == DEFAULT_FONT


@pytest.mark.parametrize("text", ["", "hello", "{}", "1", "null", '"a"'])
def test_content_string_that_is_no_array_is_malformed(text):
    with pytest.raises(MalformedMessage, match=r"^content: expected"):
        parse_sent(text)


def test_empty_array_is_a_font_that_was_not_named():
    assert parse_sent('["a",[]]') == Content(("a",))


@pytest.mark.parametrize("element", ["1", "null", "{}", "[1]", "[[]]"])
def test_element_without_a_type_is_malformed(element):
    with pytest.raises(MalformedMessage, match=r"content, \[1\]: expected text or an array"):
        parse_sent(f'["a",{element}]')


@pytest.mark.parametrize(
    "element", ['["x",' + "[" * 9 + "]" * 9 + "]", '["face",9223372036854775808]', '["x",{"a":-1e400}]']
)
def test_element_that_a_parser_would_choke_on_is_malformed(element):
    with pytest.raises(MalformedMessage, match="content"):
        parse_sent(f"[{element}]")


# The received form.


@given(RECEIVED)
def test_parse_received_undoes_serialize_received(content):
    wire = json.loads(json.dumps(serialize_received(content)))
    assert parse_received(wire) == Content(tuple(map(as_received, content.parts)), content.font)


@given(st.text())
def test_received_text_holds_no_markup(text):
    [_, element] = serialize_received(Content((text,)))
    assert isinstance(element, str)
    assert not set(element) & set('<>"')


def test_entities_of_received_text_are_decoded_once():
    assert received("&amp;lt; a&nbsp;b\r\nc\rd").parts == ("&lt; a b\nc\nd",)


@pytest.mark.parametrize("host", ["web", "web2", "web3"])
def test_advertisement_of_q_plus_is_cut_off(host):
    assert received(f"hello\n【提示：此用户正在使用Q+ Web：http://{host}.qq.com/】").parts == ("hello",)


@pytest.mark.parametrize("element", [None, 1, {}, [], [[]], ["face"], ["face", "14"], ["cface", {}], ["offpic", {}]])
def test_unknown_element_is_kept_as_it_came(element):
    content = received("a", element)
    assert content.parts == ("a", UnknownPart(json.dumps(element, separators=(",", ":"))))
    assert serialize_received(content)[2] == element


@pytest.mark.parametrize("element", [["face", 2**63], json.loads("[" * 12 + "]" * 12)])
def test_received_element_beyond_all_measure_is_emptied(element):
    assert received(element).parts == (UnknownPart("[]"),)


def test_received_font_may_stand_anywhere_or_be_missing():
    assert parse_received(["a", ["font", {"size": 9}]]) == Content(("a",), Font(size=9))
    assert parse_received(["a"]) == Content(("a",))


def test_success_of_a_picture_is_told():
    assert received(["offpic", {"success": 0, "file_path": "/a"}]).parts == (OfflinePicture("/a", success=0),)
    assert received(["offpic", {"success": "x", "file_path": "/a"}]).parts == (OfflinePicture("/a"),)
