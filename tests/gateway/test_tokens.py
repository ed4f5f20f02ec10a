import pytest

from webqq.gateway.tokens import Purpose, Tokens

TOKENS = Tokens(bytes(32))
ID = 2**62 + 12345


@pytest.mark.parametrize("purpose", Purpose)
def test_token_leads_back_to_its_id(purpose: Purpose) -> None:
    assert TOKENS.read(purpose, TOKENS.make(purpose, ID)) == ID


def test_tokens_have_the_lengths_of_the_service() -> None:
    lengths = {purpose: len(TOKENS.make(purpose, ID)) for purpose in Purpose}
    assert lengths[Purpose.PTWEBQQ] == 64
    assert lengths[Purpose.VFWEBQQ] == 80


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.PTWEBQQ])
def test_token_of_one_purpose_is_worthless_for_another(purpose: Purpose) -> None:
    assert TOKENS.read(purpose, TOKENS.make(Purpose.PTWEBQQ, ID)) is None


def test_token_of_another_key_is_refused() -> None:
    assert TOKENS.read(Purpose.PTWEBQQ, Tokens(b"\1" * 32).make(Purpose.PTWEBQQ, ID)) is None


def test_token_changed_at_any_place_is_refused() -> None:
    token = TOKENS.make(Purpose.PSESSIONID, ID)
    for place, char in enumerate(token):
        changed = token[:place] + ("0" if char != "0" else "1") + token[place + 1 :]
        assert TOKENS.read(Purpose.PSESSIONID, changed) is None


@pytest.mark.parametrize(
    "text", ["", "null", "0", "-" + "f" * 63, "f" * 64, " " * 64, "全" * 64, "_1" * 32, "f" * 6400]
)
def test_noise_is_refused(text: str) -> None:
    assert TOKENS.read(Purpose.PTWEBQQ, text) is None


def test_upper_case_is_another_text() -> None:
    assert TOKENS.read(Purpose.PTWEBQQ, TOKENS.make(Purpose.PTWEBQQ, ID).upper()) is None


def test_labels_differ_by_name_and_id() -> None:
    labels = {TOKENS.label(name, id_, 9) for name in ("skey", "RK") for id_ in (1, 2)}
    assert len(labels) == 4
    assert all(len(label) == 9 and label.isalnum() for label in labels)


def test_signature_is_of_its_purpose_and_numbers() -> None:
    tokens = Tokens(bytes(32))
    first = tokens.sign("rkey", 1, 2)
    assert len(first) == 40
    assert first == tokens.sign("rkey", 1, 2)
    others = (("rkey", 2, 1), ("rkey", 1), ("friend", 1, 2))
    assert first not in [tokens.sign(name, *parts) for name, *parts in others]
    assert first != Tokens(bytes(31) + b"\1").sign("rkey", 1, 2)
