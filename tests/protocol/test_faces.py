import pytest

from webqq.protocol.faces import FACES, UNKNOWN_FACE, face_by_name, face_name


def test_every_face_is_found_by_both_its_names():
    for number, name in FACES.items():
        assert face_by_name(name.zh) == number
        assert not name.en or face_by_name(name.en) == number
        assert face_name(number) == name.zh


def test_faces_of_the_page_and_of_newer_phones_are_known():
    assert (face_name(0), face_name(14), face_name(170), face_name(212)) == ("惊讶", "微笑", "青蛙", "托腮")


@pytest.mark.parametrize(("name", "number"), [("劲爆", 146), ("面条", 149), ("高铁左车头", 153), ("高铁右车头", 155)])
def test_second_names_are_known(name, number):
    assert face_by_name(name) == number


@pytest.mark.parametrize("name", ["", "不存在", "ok", "smile"])
def test_name_must_match_exactly(name):
    assert face_by_name(name) is None


@pytest.mark.parametrize("number", [15, 52, 999, -1])
def test_number_without_name_has_a_placeholder(number):
    assert face_name(number) == UNKNOWN_FACE
