import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.gateway.aliases import KEY_BYTES, Aliases, Kind

KEY = bytes(range(KEY_BYTES))
OWN_ROW, OWN_NUMBER = 3, 100200300
rows = st.integers(1, 10**6)
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


def test_own_uin_is_the_account_number() -> None:
    aliases = Aliases(KEY, OWN_ROW, OWN_NUMBER)
    assert aliases.alias(Kind.PERSON, OWN_ROW) == OWN_NUMBER
    assert aliases.row(Kind.PERSON, OWN_NUMBER) == OWN_ROW


@given(keys, rows, st.sampled_from(Kind))
def test_alias_leads_back_to_its_row(key: bytes, row: int, kind: Kind) -> None:
    aliases = Aliases(key, OWN_ROW, OWN_NUMBER)
    alias = aliases.alias(kind, row)
    assert aliases.row(kind, alias) == row
    assert 10**7 <= alias <= 2**32 - 1


@given(keys, rows)
def test_alias_of_one_kind_is_none_of_another(key: bytes, row: int) -> None:
    aliases = Aliases(key, OWN_ROW, OWN_NUMBER)
    gid = aliases.alias(Kind.GROUP, row)
    assert aliases.row(Kind.PERSON, gid) is None
    assert aliases.row(Kind.GROUP_CODE, gid) is None


def test_aliases_of_a_login_are_distinct() -> None:
    aliases = Aliases(KEY, OWN_ROW, OWN_NUMBER)
    numbers = [aliases.alias(kind, row) for kind in Kind for row in range(1, 500)]
    assert len(set(numbers)) == len(numbers)


def test_aliases_stay_with_the_key_and_change_with_it() -> None:
    first, again, other = (Aliases(key, OWN_ROW, OWN_NUMBER) for key in (KEY, KEY, KEY[::-1]))
    assert first.alias(Kind.PERSON, 9) == again.alias(Kind.PERSON, 9) != other.alias(Kind.PERSON, 9)


def test_who_collides_with_the_own_number_takes_the_free_place() -> None:
    # The account whose number is what the permutation gives to row 8.
    number = Aliases(KEY, OWN_ROW, 10_000).alias(Kind.PERSON, 8)
    aliases = Aliases(KEY, OWN_ROW, number)
    moved = aliases.alias(Kind.PERSON, 8)
    assert moved != number
    assert aliases.row(Kind.PERSON, moved) == 8
    assert aliases.row(Kind.PERSON, number) == OWN_ROW


def test_own_number_below_the_range_leaves_its_place_empty() -> None:
    free = Aliases(KEY, OWN_ROW, 10_000)
    place = Aliases(KEY, 4, 10_000).alias(Kind.PERSON, OWN_ROW)
    assert free.row(Kind.PERSON, place) is None


@pytest.mark.parametrize("alias", [0, 1, 10**7 - 1, 2**32, 2**64])
def test_number_outside_the_range_stands_for_nothing(alias: int) -> None:
    assert all(Aliases(KEY, OWN_ROW, OWN_NUMBER).row(kind, alias) is None for kind in Kind)


def test_row_beyond_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match="out of the range"):
        Aliases(KEY, OWN_ROW, OWN_NUMBER).alias(Kind.PERSON, 2**32)


def test_discussions_and_the_rest_never_share_a_number() -> None:
    aliases = Aliases(KEY, OWN_ROW, OWN_NUMBER)
    did = aliases.alias(Kind.DISCUSS, 7)
    assert aliases.row(Kind.DISCUSS, did) == 7
    assert [aliases.row(kind, did) for kind in Kind if kind is not Kind.DISCUSS] == [None] * 3
    with pytest.raises(ValueError, match="range"):
        aliases.alias(Kind.DISCUSS, 2**28)
