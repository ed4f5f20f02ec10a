import pytest

from webqq.protocol.retcodes import (
    Reaction,
    RetCode,
    call_reaction,
    ec_reaction,
    login2_reaction,
    login_reaction,
    poll_reaction,
    qr_reaction,
    relink_reaction,
    send_reaction,
)

CASES = [
    (
        poll_reaction,
        {
            Reaction.DONE: [0],
            Reaction.AGAIN: [102, 100003, 100100, 1202],
            Reaction.LOGIN: [100, 108, 100000, 100002],
            Reaction.REGISTER: [103],
            Reaction.STORE_PTWEBQQ: [116],
            Reaction.RELINK: [120, 121],
            Reaction.TEST: [100001, 100012],
            Reaction.PAUSE: [109, 110, 100006, 100101, -1, 4711],
        },
    ),
    (
        send_reaction,
        {
            Reaction.DONE: [0, 100100],
            Reaction.UNKNOWN: [1202, 100003],
            Reaction.AGAIN_ONCE: [108, 114, 60, 101],
            Reaction.LOGIN: [8, 100002],
            Reaction.STOP: [100001, 100006, 100101],
            Reaction.TEST: [100012, 103, 100000],
            Reaction.STORE_PTWEBQQ: [116],
            Reaction.FAILED: [-1, 4711],
        },
    ),
    (
        call_reaction,
        {
            Reaction.DONE: [0, 100003, 100100],
            Reaction.NEW_HASH: [50],
            Reaction.REGISTER: [103],
            Reaction.STORE_PTWEBQQ: [116],
            Reaction.LOGIN: [100, 108, 100000, 100002],
            Reaction.TEST: [100012],
            Reaction.STOP: [6, 100001, 100006, 100101],
            Reaction.AGAIN_ONCE: [60, 101, 114],
            Reaction.FAILED: [-1, 102, 1202, 4711],
        },
    ),
    (
        ec_reaction,
        {Reaction.DONE: [0], Reaction.LOGIN: [4], Reaction.STOP: [3, 7, 11, 14], Reaction.FAILED: [-1, 4711]},
    ),
    (
        qr_reaction,
        {
            Reaction.DONE: [0],
            Reaction.AGAIN: [66, 67],
            Reaction.NEW_PICTURE: [65],
            Reaction.STOP: [10005, 10006, 71, 4711],
        },
    ),
    (
        login2_reaction,
        {
            Reaction.DONE: [0],
            Reaction.LOGIN: [103, 108, 100000, 100001, 100002],
            Reaction.WAIT: [112, 113, 115],
            Reaction.STOP: [106, 111, 122, -1, 4711],
        },
    ),
    (
        relink_reaction,
        {Reaction.DONE: [0], Reaction.LOGIN: [103, 108, 100000, 106, 122, -1], Reaction.FAILED: [112, 113, 115]},
    ),
    (
        login_reaction,
        {
            Reaction.DONE: [0],
            Reaction.WAIT: [1, 8],
            Reaction.AGAIN: [4],
            Reaction.AGAIN_ONCE: [5, 6, 7, 71],
            Reaction.STOP: [2, 3, 24, 10005, 10006, 4711],
        },
    ),
]


@pytest.mark.parametrize(("function", "table"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_every_code_leads_to_the_stated_reaction(function, table):
    assert {code: function(code) for codes in table.values() for code in codes} == {
        code: reaction for reaction, codes in table.items() for code in codes
    }


def test_every_known_code_stands_in_a_case():
    # 8 and 100002 are of sends, 109 and 110 of polls, and so on: each has its rule where it comes.
    tested = {code for _, table in CASES for codes in table.values() for code in codes}
    assert {int(code) for code in RetCode} <= tested
