"""What foreign code raises ends one exchange, and the log tells of it."""

from typing import Any

import mock
import pytest

from webqq.httpstream import ConnectError, HTTPStreamError
from webqq.httpstream.guard import guarded, unexpected


def test_step_that_raises_nothing_fails_nothing() -> None:
    fail, step = mock.Mock(), mock.Mock()
    guarded(fail, step, 1, 2)
    step.assert_called_once_with(1, 2)
    fail.assert_not_called()


def test_error_of_the_engine_fails_it_as_it_is_and_quietly() -> None:
    error = ConnectError("no")
    guarded(fail := mock.Mock(), mock.Mock(side_effect=error))
    fail.assert_called_once_with(error)


@pytest.mark.parametrize("kind", [HTTPStreamError, ConnectError])
def test_anything_else_fails_it_and_is_logged(expect_log: Any, kind: type[HTTPStreamError]) -> None:
    expect_log("webqq.httpstream", "unexpected")
    cause = KeyError("x")
    guarded(fail := mock.Mock(), mock.Mock(side_effect=cause), kind=kind)
    (error,) = fail.call_args.args
    assert type(error) is kind
    assert error.__cause__ is cause


def test_what_ends_the_program_is_not_held_up() -> None:
    with pytest.raises(KeyboardInterrupt):
        guarded(fail := mock.Mock(), mock.Mock(side_effect=KeyboardInterrupt))
    fail.assert_not_called()


def test_what_foreign_code_raised_is_kept_as_the_cause() -> None:
    cause = KeyError("x")
    error = unexpected(cause)
    assert isinstance(error, HTTPStreamError)
    assert error.__cause__ is cause
    assert "KeyError('x')" in str(error)
