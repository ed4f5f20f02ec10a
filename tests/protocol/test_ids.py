import pytest

from tests.protocol.data import vectors
from webqq.protocol.ids import first_message_id


@pytest.mark.parametrize("vector", vectors("msg_id"))
def test_message_ids_begin_at_the_time_of_the_session(vector):
    first = first_message_id(vector["now_ms"])
    assert (first, first + 1) == (vector["first_msg_id"], vector["second_msg_id"])
