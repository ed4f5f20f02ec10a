import pytest

from webqq.protocol.status import STATUS_CODES, Status, status_of_code


def test_every_state_has_its_number():
    assert STATUS_CODES == {
        "online": 10,
        "offline": 20,
        "away": 30,
        "hidden": 40,
        "busy": 50,
        "callme": 60,
        "silent": 70,
    }
    assert all(status_of_code(code) is status for status, code in STATUS_CODES.items())


@pytest.mark.parametrize("code", [0, 15, 80, -1])
def test_unknown_number_is_online(code):
    assert status_of_code(code) is Status.ONLINE
