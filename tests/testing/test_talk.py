"""One connection's talk, step by step; the whole server's tests have the steps themselves."""

import socket

import mock

from webqq.testing import Answer, Pause, ScriptedConnection, Send
from webqq.testing.steps import plan


def test_talk_goes_on_with_what_happened_and_with_time() -> None:
    ours, theirs = socket.socketpair()
    director = mock.Mock(tls=None)
    director.opening.return_value = []
    director.is_early.return_value = False
    director.answer.return_value = plan([Pause(5), Answer(204)])
    with ours, theirs:
        ours.setblocking(False)
        connection = ScriptedConnection(director, ours, 7)
        connection.go_on()
        assert connection.wakes_at is None
        theirs.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        with mock.patch("webqq.testing.talk.time.monotonic", return_value=100.0):
            connection.handle(readable=True)
            assert connection.wakes_at == 105.0
        with mock.patch("webqq.testing.talk.time.monotonic", return_value=105.0):
            connection.go_on()
        assert theirs.recv(100) == b"HTTP/1.1 204 No Content\r\n\r\n"
        assert repr(connection) == "<ScriptedConnection 7 open received=27>"


def test_orders_wake_the_server_and_closed_connections_ignore_events() -> None:
    ours, theirs = socket.socketpair()
    director = mock.Mock(tls=None)
    director.opening.return_value = []
    with theirs:
        connection = ScriptedConnection(director, ours, 0)
        connection.go_on()
        connection.do(Send(b"x"))
        director.nudge.assert_called_once_with()
        connection.close()
        director.let_go.assert_called_once_with(connection)
        connection.handle(readable=True)
        assert theirs.recv(9) == b""
