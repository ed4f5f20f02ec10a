import struct

import pytest

from webqq.gateway.avatars import draw_avatar


def test_pattern_is_the_numbers_own() -> None:
    assert draw_avatar(1) == draw_avatar(1)
    assert len({draw_avatar(number) for number in range(50)}) == 50


@pytest.mark.parametrize(("edge", "drawn"), [(40, 40), (100, 100), (0, 20), (-5, 20), (10**9, 640)])
def test_edge_is_kept_within_sense(edge: int, drawn: int) -> None:
    assert struct.unpack(">II", draw_avatar(5, edge)[16:24]) == (drawn, drawn)
