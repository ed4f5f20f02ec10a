"""Every vector holds: on each, the public implementations named in the file agree with this one."""

import json
from typing import Any

import pytest

from tests.protocol.data import HERE, vectors
from webqq.protocol import digests, tea
from webqq.protocol.calls import SEND_BUDDY_MSG2
from webqq.protocol.cipher import PADDING_BYTES, PasswordCipher, open_password_cipher, password_cipher
from webqq.protocol.content import Content, parse_received, parse_sent, serialize_sent
from webqq.protocol.ids import QQNumber, first_message_id
from webqq.protocol.jscall import escape_salt, parse_js_call, parse_salt
from webqq.protocol.split import split_text
from webqq.protocol.text import unescape

Vector = dict[str, Any]


def check_salt(vector: Vector) -> None:
    salt = digests.salt_of(QQNumber(vector["uin"]))
    assert salt.hex() == vector["salt_hex"]
    assert escape_salt(salt) == vector["salt_as_sent"]
    assert parse_salt(vector["salt_as_sent"]) == salt


def check_md5(vector: Vector) -> None:
    inner, salt = digests.inner_hash(vector["password"]), bytes.fromhex(vector["salt_hex"])
    assert inner.hex().upper() == vector["md5_password_hex"]
    assert digests.salted_key(inner, salt).hex().upper() == vector["step2_hex"]
    assert digests.password_digest(vector["password"], salt, vector["verifycode"]) == vector["p"]


def check_rsa_tea(vector: Vector) -> None:
    inner, salt = digests.inner_hash(vector["password"]), bytes.fromhex(vector["salt_hex"])
    key = bytes.fromhex(vector["tea_key_hex"])
    padding = bytes.fromhex(vector["rsa_padded_block_hex"])[2 : 2 + PADDING_BYTES]
    filler = bytes.fromhex(vector["tea_padded_plaintext_hex"])[: tea.FILLER_BYTES]
    assert (inner.hex(), digests.salted_key(inner, salt)) == (vector["h1_hex"], key)
    assert password_cipher(inner, salt, vector["verifycode"], padding, filler) == vector["p"]
    assert open_password_cipher(vector["p"], key) == PasswordCipher(salt, vector["verifycode"].upper())


def check_sent(vector: Vector) -> None:
    spaced, plain = (Content.from_text(vector["text"], blank_after_face=blank) for blank in (True, False))
    assert json.loads(serialize_sent(spaced)) == vector["content_array_official"]
    assert json.loads(serialize_sent(plain)) == vector["content_array_mojo"]
    assert serialize_sent(parse_sent(vector["content_string"])) == vector["content_string"]
    params = SEND_BUDDY_MSG2.parse_params("", vector["form_body"].encode())
    assert parse_sent(params.content) == parse_sent(serialize_sent(spaced))
    assert json.loads(vector["r_json"])["content"] == params.content


def check_slash(vector: Vector) -> None:
    # qqbot leaves an empty text between two faces; it says nothing and is not made here.
    expected = [element for element in vector["content_array"] if element != ""]
    assert json.loads(serialize_sent(Content.from_text(vector["text"], slash=True))) == expected


def check_message_id(vector: Vector) -> None:
    first = first_message_id(vector["now_ms"])
    assert (first, first + 1) == (vector["first_msg_id"], vector["second_msg_id"])


def check_js_call(vector: Vector) -> None:
    call = parse_js_call(vector["raw"])
    assert (call.name, list(call.args)) == (vector["function"], vector["arguments_raw"])


def check_split(vector: Vector) -> None:
    pieces = split_text(vector["unit"] * vector["repeat"])
    assert [len(piece.encode()) for piece in pieces] == vector["part_byte_lengths"]


def check_friends_hash(function: Any) -> Any:
    def check(vector: Vector) -> None:
        assert function(QQNumber(vector["uin"]), vector["ptwebqq"]) == vector["hash"]

    return check


def check_equal(function: Any, given: str, expected: str) -> Any:
    def check(vector: Vector) -> None:
        assert function(vector[given]) == vector[expected]

    return check


CHECKS = {
    "friends_hash_xor": check_friends_hash(digests.friends_hash),
    "friends_hash_quicksort": check_friends_hash(digests.friends_hash_quicksort),
    "friends_hash_password_error": check_friends_hash(digests.friends_hash_password_error),
    "friends_hash_digit_window": check_friends_hash(digests.friends_hash_digit_window),
    "ptqrtoken_hash33": check_equal(digests.hash33, "qrsig", "ptqrtoken"),
    "bkn_gtk": check_equal(digests.bkn, "skey", "bkn"),
    "time33": check_equal(digests.time33, "input", "time33"),
    "uin_salt": check_salt,
    "password_md5_2013": check_md5,
    "password_rsa_tea": check_rsa_tea,
    "send_content": check_sent,
    "send_content_slash_syntax": check_slash,
    "receive_content_to_text": check_equal(lambda content: parse_received(content).slash_text, "content", "text"),
    "xml_unescape": check_equal(unescape, "raw", "text"),
    "msg_id": check_message_id,
    "js_callback_parse": check_js_call,
    "split_long_message": check_split,
}


def test_every_function_is_checked():
    assert set(json.loads((HERE / "vectors.json").read_text("utf-8"))["functions"]) == set(CHECKS)


@pytest.mark.parametrize("function", CHECKS)
def test_every_vector_holds(function: str):
    found = vectors(function)
    assert found
    for vector in found:
        CHECKS[function](vector)
