from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.ids import Uin
from webqq.protocol.shape import Bars, EntityText, JSONText, NumberText, OmitEmpty, Shape, SpacedText, Token


class Leaf(Struct, frozen=True, kw_only=True):
    name: EntityText
    plain: str = ""


class Tree(Struct, frozen=True, kw_only=True):
    uin: Uin
    token: Token = ""
    maybe: EntityText | None = None
    pair: str | int = 0
    kind: int = field(name="class", default=0)
    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    extra: Annotated[tuple[Leaf, ...], OmitEmpty] = ()
    numbers: tuple[int, ...] = ()


class Odd(Struct, frozen=True, kw_only=True):
    numbers: Annotated[tuple[int, ...], Bars] = ()
    leaves: Annotated[tuple[Leaf, ...], JSONText] = ()
    size: NumberText | None = None
    title: SpacedText = ""
    names: dict[int, EntityText] = field(default_factory=dict)
    data: bytes = b""


TREE = Shape(Tree)
ODD = Shape(Odd)


def test_entities_are_decoded_in_marked_fields_alone():
    leaf = {"name": "a&amp;b", "plain": "a&amp;b"}
    tree = TREE.parse({"uin": 1, "maybe": "&lt;", "leaf": leaf, "leaves": [dict(leaf)]}, "test")
    assert tree.maybe == "<"
    assert tree.leaf == Leaf(name="a&b", plain="a&amp;b")
    assert tree.leaves == (tree.leaf,)


def test_entities_are_written_in_marked_fields_alone():
    tree = Tree(uin=Uin(1), maybe="<", leaf=Leaf(name="a&b", plain="a&b"))
    written = TREE.serialize_object(tree)
    assert (written["maybe"], written["leaf"]) == ("&lt;", {"name": "a&amp;b", "plain": "a&b"})


def test_absent_values_are_left_out():
    assert TREE.serialize(Tree(uin=Uin(1))) == {
        "uin": 1,
        "token": "",
        "pair": 0,
        "class": 0,
        "leaves": [],
        "numbers": (),
    }


def test_empty_list_is_left_out_where_marked():
    leaf = Leaf(name="a")
    assert "extra" not in TREE.serialize_object(Tree(uin=Uin(1), extra=()))
    assert TREE.serialize_object(Tree(uin=Uin(1), extra=(leaf,)))["extra"] == [{"name": "a", "plain": ""}]


@pytest.mark.parametrize("value", [3100000001, "3100000001"])
def test_ids_are_numbers_or_strings(value):
    assert TREE.parse({"uin": value}, "test").uin == 3100000001


@pytest.mark.parametrize(("sent", "read"), [("a", "a"), (7, "7"), (None, ""), ("null", ""), ("", "")])
def test_token_has_many_forms(sent, read):
    assert TREE.parse({"uin": 1, "token": sent}, "test").token == read


def test_unknown_fields_are_ignored():
    assert TREE.parse({"uin": 1, "more": {"x": [1]}}, "test") == Tree(uin=Uin(1))


def test_array_of_structs_has_a_shape():
    shape = Shape(tuple[Leaf, ...])
    assert shape.parse([{"name": "&lt;"}], "test") == (Leaf(name="<"),)
    assert shape.serialize((Leaf(name="<"),)) == [{"name": "&lt;", "plain": ""}]


def test_array_of_plain_texts_has_a_shape():
    shape = Shape(tuple[str, ...])
    assert shape.parse(["&lt;"], "test") == ("&lt;",)
    assert shape.serialize(("<",)) == ("<",)


def test_object_is_made_of_a_struct_only():
    with pytest.raises(TypeError, match="expected a struct, got tuple"):
        Shape(tuple[Leaf, ...]).serialize_object(())


@pytest.mark.parametrize(
    ("value", "path", "detail"),
    [
        ({}, "result.uin", "expected a value, got none"),
        ({"uin": "x"}, "result.uin", "Expected `int`, got `str`"),
        ({"uin": 1, "leaf": {}}, "result.leaf.name", "expected a value, got none"),
        ({"uin": 1, "leaves": [{"name": "a"}, {"name": 1}]}, "result.leaves[1].name", "Expected `str`, got `int`"),
        ({"uin": 1, "leaves": 7}, "result.leaves", "Expected `array`, got `int`"),
        ({"uin": 2**64}, "result.uin", "expected a number of at most 63 bits, got a longer one"),
        ({"uin": "9" * 30}, "result.uin", "expected a number of at most 63 bits, got a longer one"),
        (
            {"uin": 1, "numbers": [1, 2**64]},
            "result.numbers[...]",
            "expected a number of at most 63 bits, got a longer one",
        ),
        ([], "result", "Expected `object`, got `array`"),
        (None, "result", "Expected `object`, got `null`"),
    ],
)
def test_misfit_is_named_by_its_path(value, path, detail):
    with pytest.raises(MalformedMessage) as caught:
        TREE.parse(value, "test", "result")
    assert (caught.value.call, caught.value.field, caught.value.detail) == ("test", path, detail)


def test_error_tells_no_value():
    with pytest.raises(MalformedMessage) as caught:
        TREE.parse({"uin": "hunter2", "token": "hunter2"}, "test")
    assert "hunter2" not in str(caught.value)


def test_numbers_between_bars_are_an_array():
    assert ODD.parse({"numbers": "1|22"}, "test").numbers == (1, 22)
    assert ODD.parse({"numbers": ""}, "test").numbers == ()
    assert ODD.serialize_object(Odd(numbers=(1, 22)))["numbers"] == "1|22"


def test_json_text_in_a_field_is_an_array():
    assert ODD.parse({"leaves": '[{"name":"&lt;"}]'}, "test").leaves == (Leaf(name="<"),)
    assert ODD.serialize_object(Odd(leaves=(Leaf(name="<"),)))["leaves"] == [{"name": "&lt;", "plain": ""}]


def test_number_may_be_written_as_text():
    assert ODD.parse({"size": "235"}, "test").size == ODD.parse({"size": 235}, "test").size == 235
    assert ODD.serialize_object(Odd(size=235))["size"] == "235"
    assert "size" not in ODD.serialize_object(Odd())


def test_object_with_numbers_for_keys_is_typed():
    odd = ODD.parse({"names": {"200300401": "&lt;"}}, "test")
    assert odd.names == {200300401: "<"}
    assert ODD.serialize_object(odd)["names"] == {"200300401": "&lt;"}


def test_blanks_are_entities_where_marked():
    assert ODD.serialize_object(Odd(title="a & b"))["title"] == "a&nbsp;&amp;&nbsp;b"
    assert ODD.parse({"title": "a&nbsp;&amp;&nbsp;b"}, "test").title == "a & b"


def test_bytes_stay_bytes():
    assert ODD.serialize_object(Odd(data=b"\xff"))["data"] == b"\xff"
    assert ODD.parse({"data": b"\xff"}, "test").data == b"\xff"


@pytest.mark.parametrize(
    ("value", "path", "detail"),
    [
        ({"leaves": "[{"}, "leaves", "expected JSON, got text that is none"),
        ({"leaves": '[{"plain":""}]'}, "leaves[0].name", "expected a value, got none"),
        ({"numbers": "1|x"}, "numbers[1]", "Expected `int`, got `str`"),
        ({"numbers": 7}, "numbers", "Expected `array`, got `int`"),
        ({"size": "9" * 30}, "size", "expected a number of at most 63 bits, got a longer one"),
        ({"names": {"9" * 30: ""}}, "names{...}", "expected a number of at most 63 bits, got a longer one"),
        ({"names": {"x": ""}}, "names", "Expected `int`, got `str` as a key"),
        ({"names": [1]}, "names", "Expected `object`, got `array`"),
    ],
)
def test_misfit_in_an_odd_field_is_named_by_its_path(value, path, detail):
    with pytest.raises(MalformedMessage) as caught:
        ODD.parse(value, "test")
    assert (caught.value.field, caught.value.detail) == (path, detail)


TEXTS = st.text().map(lambda text: text.replace("\N{NO-BREAK SPACE}", " "))
LEAVES = st.builds(Leaf, name=TEXTS, plain=st.text())
TREES = st.builds(
    Tree,
    uin=st.integers(0, 2**63 - 1),
    token=st.text().filter(lambda text: text != "null"),
    maybe=st.none() | TEXTS,
    pair=st.just(0),
    kind=st.integers(-(2**31), 2**31),
    leaf=st.none() | LEAVES,
    leaves=st.lists(LEAVES).map(tuple),
    extra=st.lists(LEAVES).map(tuple),
    numbers=st.lists(st.integers(0, 99)).map(tuple),
)


@given(TREES)
def test_parse_undoes_serialize(tree):
    assert TREE.parse(TREE.serialize(tree), "test") == tree
