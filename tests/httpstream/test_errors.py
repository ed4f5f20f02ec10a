"""The tree of what can go wrong."""

import inspect

import pytest

from webqq.httpstream import ConnectError, ConnectionLost, HTTPStreamError, InvalidRequest, Timeout, TLSError, errors
from webqq.httpstream.errors import ProxyError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HTTPStreamError)]


def test_all_are_public_and_have_one_root() -> None:
    assert {kind.__name__ for kind in KINDS} == set(errors.__all__)


@pytest.mark.parametrize("kind", KINDS)
def test_the_drawn_tree_names_each(kind: type[HTTPStreamError]) -> None:
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__


def test_standard_classes_can_be_caught_instead() -> None:
    assert issubclass(InvalidRequest, ValueError)
    assert issubclass(Timeout, TimeoutError)


def test_class_tells_whether_a_retry_can_help() -> None:
    transient = {kind.__name__ for kind in KINDS if kind.is_transient}
    assert transient == {
        "ConnectError",
        "ConnectionLost",
        "ResolveError",
        "Timeout",
        *(kind.__name__ for kind in KINDS if issubclass(kind, Timeout)),
    }
    assert issubclass(TLSError, ConnectError)
    assert issubclass(ProxyError, ConnectError)


def test_facts_are_told_once_they_are_known() -> None:
    error = ConnectionLost("gone", 7)
    assert (str(error), error.received) == ("gone", 7)
    error.method, error.url = "GET", "http://a/"
    assert str(error) == "GET http://a/: gone"
    error.phase, error.elapsed = "READING", 1.5
    assert str(error) == "GET http://a/: gone while READING after 1.500 s"
