from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import sample
from tests.protocol.strategies import TEXTS, values_of
from webqq.protocol.calls import CFACE_UPLOAD, Reply, UploadOfflineFileResult, UploadPicResult
from webqq.protocol.calls.uploads import CustomFaceForm, UploadForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour

OLD = Flavour.WEBQQ_2013
FORM = UploadForm(UploadOfflineFileResult, "parent.f")


def test_upload_tells_where_the_file_is():
    reply = FORM.parse(sample("upload_offline_file.2013.txt"), "test")
    assert reply.retcode == 0
    assert reply.result == UploadOfflineFileResult(
        filesize=235,
        fileid="3100000001_1364865321",
        filename="test2.py",
        filepath="/9b7c2b1e-0000-4a0b-8f2c-5e6f7a8b9c0d",
    )


def test_failed_upload_is_its_code():
    raw = b'<script>f({"retcode":107});</script>'
    assert FORM.parse(raw, "test") == Reply(107)
    assert FORM.parse(FORM.serialize(Reply(107), OLD), "test") == Reply(107)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "test: expected a script with an object in braces"),
        (b"<script>f({)", "test: expected a script with an object in braces"),
        (b"f({'retcode':0})", "test: expected JSON"),
        (b"f({})", "test, retcode: expected a number, got NoneType"),
        (b'f({"retcode":0})', "test, filesize: expected a value, got none"),
    ],
)
def test_upload_that_is_not_answered_so_is_malformed(raw, problem):
    with pytest.raises(MalformedMessage) as caught:
        FORM.parse(raw, "test")
    assert str(caught.value).startswith(problem)


def test_name_of_a_file_ends_neither_script_nor_object():
    name = "</script><b>{}'\""
    result = UploadOfflineFileResult(filesize=1, fileid="1", filename=name)
    raw = FORM.serialize(Reply(0, result), OLD)
    assert raw.count(b"</script>") == 1
    assert FORM.parse(raw, "test").result == result


@pytest.mark.parametrize("kind", [UploadPicResult, UploadOfflineFileResult])
@given(data=st.data())
def test_parse_undoes_serialize(kind, data):
    form = UploadForm(kind, "parent.f")
    reply = Reply(0, data.draw(values_of(kind)))
    assert form.parse(form.serialize(reply, OLD), "test") == reply


def test_stored_face_is_told_by_its_name():
    assert CFACE_UPLOAD.parse_reply(sample("cface_upload.2013.txt")) == Reply(0, "5F7E31F0001EF4310865F1FF4549B12B.jPg")


def test_face_that_was_there_already_can_be_used_and_what_stands_behind_its_name_is_cut_off():
    reply = CFACE_UPLOAD.parse_reply(sample("cface_upload-exists.2013.txt"))
    assert reply == Reply(CustomFaceForm.EXISTS, "D81AB7A7627ED673FDCD4DD24220C192.jPg")


def test_face_that_was_not_stored_has_no_name():
    assert CFACE_UPLOAD.parse_reply(b"f({'ret':2,'msg':'too large'})") == Reply(CustomFaceForm.TOO_LARGE)
    assert CFACE_UPLOAD.serialize_reply(Reply(2), OLD).count(b"{'ret':2,'msg':''}") == 1


def test_face_that_is_not_answered_so_is_malformed():
    with pytest.raises(MalformedMessage, match=r"^cface_upload: expected a script with ret and msg"):
        CFACE_UPLOAD.parse_reply(b"<html>")


def test_name_of_a_face_cannot_leave_the_script():
    with pytest.raises(ValueError, match="letters, digits"):
        CFACE_UPLOAD.serialize_reply(Reply(0, "a');alert(1)"), OLD)


@given(TEXTS, st.binary())
def test_any_answer_is_read_or_malformed(text, noise):
    for raw in (text.encode(), noise, f"({{'ret':0,'msg':'{text}'}})".encode(), f'({{"retcode":0,{text}}})'.encode()):
        for form in (FORM, CustomFaceForm()):
            with suppress(MalformedMessage):
                form.parse(raw, "test")
