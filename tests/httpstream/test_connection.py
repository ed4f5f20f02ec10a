"""One socket and its registration with the loop."""

import socket
from typing import Any

import mock
import pytest
from tornado.ioloop import IOLoop

from webqq.httpstream.connection import Connection
from webqq.httpstream.origin import Origin
from webqq.httpstream.route import Route
from webqq.httpstream.turn import Turn


class Setting:
    def __init__(self) -> None:
        self.ioloop = mock.Mock()
        self.sock = mock.Mock()
        self.sock.fileno.return_value = 5
        self.on_idle = mock.Mock()
        turn = Turn(None, ())
        self.connection = Connection(self.ioloop, self.sock, Route(Origin("http", "a", 80)), self.on_idle, turn)

    @property
    def handler(self) -> Any:
        return self.ioloop.add_handler.call_args.args[1]


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_loop_is_told_of_changes_only(setting: Setting) -> None:
    for _ in range(2):
        setting.connection.watch(IOLoop.WRITE)
    setting.ioloop.add_handler.assert_called_once_with(5, mock.ANY, IOLoop.WRITE)
    for _ in range(2):
        setting.connection.watch(IOLoop.READ)
    setting.ioloop.update_handler.assert_called_once_with(5, IOLoop.READ)


def test_registration_is_removed_before_the_socket_closes(setting: Setting) -> None:
    setting.connection.watch(IOLoop.READ)
    order = mock.Mock()
    order.attach_mock(setting.ioloop.remove_handler, "remove_handler")
    order.attach_mock(setting.sock.close, "close")
    setting.connection.close()
    assert order.mock_calls == [mock.call.remove_handler(5), mock.call.close()]


def test_socket_that_was_never_registered_is_only_closed(setting: Setting) -> None:
    setting.connection.close()
    setting.ioloop.remove_handler.assert_not_called()
    setting.sock.close.assert_called_once_with()


def test_events_go_to_the_listener_or_else_to_on_idle(setting: Setting) -> None:
    setting.connection.watch(IOLoop.READ)
    setting.handler(5, IOLoop.READ)
    setting.on_idle.assert_called_once_with(setting.connection)
    setting.connection.listener = listener = mock.Mock()
    setting.handler(5, IOLoop.ERROR)
    listener.assert_called_once_with(IOLoop.ERROR)
    assert setting.on_idle.call_count == 1


def test_events_reported_after_close_reach_nobody(setting: Setting) -> None:
    setting.connection.watch(IOLoop.READ)
    setting.connection.listener = listener = mock.Mock()
    handler = setting.handler
    setting.connection.close()
    handler(5, IOLoop.READ)
    listener.assert_not_called()
    setting.on_idle.assert_not_called()


def test_repr_tells_number_origin_and_uses(setting: Setting) -> None:
    setting.connection.uses = 3
    assert repr(setting.connection) == "<Connection fd=5 http://a:80 uses=3 idle>"


def test_what_cannot_be_asked_for_unread_bytes_counts_as_having_some() -> None:
    sock = socket.socket()
    connection = Connection(mock.Mock(), sock, None, mock.Mock(), Turn(None, ()))
    assert not connection.has_unread()
    sock.close()
    assert connection.has_unread()


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_first(self, events: int) -> None:
        self.heard.append("first")

    def on_second(self, events: int) -> None:
        self.heard.append("second")


def test_wake_up_is_for_whom_it_was_meant_whichever_method_listens_by_then(setting: Setting) -> None:
    listener = Listener()
    setting.connection.watch(IOLoop.READ)
    setting.connection.listener = listener.on_first
    setting.connection.wake()
    setting.connection.listener = listener.on_second
    again, *arguments = setting.ioloop.add_callback.call_args.args
    again(*arguments)
    setting.connection.listener = Listener().on_first
    again(*arguments)
    setting.connection.listener = None
    again(*arguments)
    assert listener.heard == ["second"]


# What is read ahead.


@pytest.fixture
def reading(setting: Setting) -> Setting:
    setting.connection.watch(IOLoop.READ)
    setting.connection.parser = mock.Mock()
    return setting


def test_what_was_read_ahead_is_received_once(reading: Setting) -> None:
    reading.sock.recv.side_effect = [b"ahead", b"later"]
    reading.connection.read_ahead()
    assert [reading.connection.receive(9), reading.connection.receive(9)] == [b"ahead", b"later"]


def test_what_is_held_is_not_read_over(reading: Setting) -> None:
    reading.sock.recv.side_effect = [b"ahead", b"later"]
    reading.connection.read_ahead()
    reading.connection.read_ahead()
    assert reading.connection.receive(9) == b"ahead"


def test_error_that_was_met_ahead_is_raised_when_it_is_received(reading: Setting) -> None:
    reading.sock.recv.side_effect = [ConnectionResetError("reset"), b""]
    reading.connection.read_ahead()
    with pytest.raises(ConnectionResetError):
        reading.connection.receive(9)
    assert reading.connection.receive(9) == b""


def test_end_that_was_met_ahead_is_received(reading: Setting) -> None:
    reading.sock.recv.side_effect = [b"", b"never"]
    reading.connection.read_ahead()
    assert reading.connection.receive(9) == b""


def test_nothing_to_read_ahead_is_nothing(reading: Setting) -> None:
    reading.sock.recv.side_effect = [BlockingIOError, b"later"]
    reading.connection.read_ahead()
    assert reading.connection.receive(9) == b"later"


@pytest.mark.parametrize(
    "change",
    [
        lambda connection: connection.watch(IOLoop.READ | IOLoop.WRITE),
        lambda connection: connection.watch(0),
        lambda connection: setattr(connection, "parser", None),
        lambda connection: setattr(connection, "is_tls", True),
        lambda connection: connection.close(),
    ],
    ids=["writing", "paused", "no answer expected", "TLS", "closed"],
)
def test_only_an_answer_in_the_clear_is_read_ahead(reading: Setting, change: Any) -> None:
    change(reading.connection)
    reading.connection.read_ahead()
    reading.sock.recv.assert_not_called()
