from webqq.protocol.errors import MalformedMessage, WebQQError


def test_malformed_message_names_call_and_field():
    error = MalformedMessage("login2", "result.uin", "expected a value, got none")
    assert isinstance(error, WebQQError)
    assert (error.call, error.field) == ("login2", "result.uin")
    assert str(error) == "login2, result.uin: expected a value, got none"


def test_malformed_message_of_a_whole_call_names_no_field():
    assert str(MalformedMessage("poll2", "", "expected JSON")) == "poll2: expected JSON"
