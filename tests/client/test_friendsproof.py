"""The friends hash: each variant in turn until one is taken, and that one first from then on."""

import pytest

from tests.client.service import ACCOUNT, FRIENDS, Service
from webqq.client.errors import CallFailed
from webqq.client.friendsproof import FriendsProofs
from webqq.protocol.calls import GET_USER_FRIENDS2, FriendsParams, FriendsResult, Reply
from webqq.protocol.digests import (
    friends_hash,
    friends_hash_digit_window,
    friends_hash_password_error,
    friends_hash_quicksort,
)
from webqq.protocol.retcodes import RetCode

PTWEBQQ = "b96e3c56"
HASHES = [
    variant(ACCOUNT, PTWEBQQ)
    for variant in (friends_hash, friends_hash_quicksort, friends_hash_password_error, friends_hash_digit_window)
]


@pytest.fixture
def proofs(service: Service) -> FriendsProofs:
    calls = service.open_calls()
    calls.link.session.ptwebqq = PTWEBQQ
    return FriendsProofs(calls)


def ask(service: Service, proofs: FriendsProofs) -> FriendsResult:
    return service.run(
        proofs.ask(GET_USER_FRIENDS2, lambda session, proof: FriendsParams(vfwebqq=session.vfwebqq, hash=proof))
    )


def asked(service: Service) -> list[str]:
    """The hashes so far, each once where it was asked with again and again."""
    hashes = [params.hash for params in service.asked(GET_USER_FRIENDS2)]
    return [each for at, each in enumerate(hashes) if at == 0 or hashes[at - 1] != each]


def refuse(service: Service, code: int, times: int) -> None:
    for _ in range(times):
        service.answer(GET_USER_FRIENDS2, Reply(code))


# Code 50 is answered by one more try with the newest ptwebqq, each time.
@pytest.mark.parametrize(("code", "tries"), [(RetCode.WRONG_HASH, 2), (RetCode.BAD_PARAMETER, 1)])
@pytest.mark.parametrize("place", range(4))
def test_variants_are_tried_until_one_is_taken(
    service: Service, proofs: FriendsProofs, code: RetCode, tries: int, place: int
):
    refuse(service, code, tries * place)
    service.answer(GET_USER_FRIENDS2, Reply(0, FRIENDS), repeat=True)
    assert ask(service, proofs) == FRIENDS
    assert asked(service) == HASHES[: place + 1]


def test_variant_that_was_taken_is_the_first_from_then_on(service: Service, proofs: FriendsProofs):
    refuse(service, RetCode.BAD_PARAMETER, 2)
    service.answer(GET_USER_FRIENDS2, Reply(0, FRIENDS))
    ask(service, proofs)
    refuse(service, RetCode.BAD_PARAMETER, 1)
    service.answer(GET_USER_FRIENDS2, Reply(0, FRIENDS))
    ask(service, proofs)
    assert asked(service) == [*HASHES[:3], HASHES[0]]


def test_refusal_of_all_is_an_error(service: Service, proofs: FriendsProofs):
    service.answer(GET_USER_FRIENDS2, Reply(50), repeat=True)
    with pytest.raises(CallFailed, match="got 50"):
        ask(service, proofs)
    assert asked(service) == HASHES


def test_other_refusals_are_no_matter_of_the_hash(service: Service, proofs: FriendsProofs):
    service.answer(GET_USER_FRIENDS2, Reply(6), repeat=True)
    with pytest.raises(CallFailed, match="got 6"):
        ask(service, proofs)
    assert asked(service) == HASHES[:1]


def test_variant_that_a_short_ptwebqq_does_not_have_is_left_out(service: Service, proofs: FriendsProofs):
    proofs._calls.link.session.ptwebqq = "aa"
    service.answer(GET_USER_FRIENDS2, Reply(50), repeat=True)
    with pytest.raises(CallFailed, match="got 50"):
        ask(service, proofs)
    assert len(asked(service)) == 3
