"""The contract with embedders who bring their own loop and sockets, played with mocks alone."""

import socket
from contextlib import closing
from typing import Any
from urllib.request import Request

import mock
import pytest
from tornado.ioloop import IOLoop

from webqq.httpstream import BadResponse, ConnectError, ConnectionLost, HTTPSock, HTTPStream, ReadbackError
from webqq.testing import FakeIOLoop

FD = 7
DATA = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Play:
    """A stream on a mocked loop and a mocked http_sock."""

    def __init__(self, ioloop: Any = None, http_sock: Any = None) -> None:
        self.ioloop = ioloop or mock.Mock()
        self.sock = mock.Mock()
        self.sock.fileno.return_value = FD
        self.sock.send.side_effect = len
        self.http_sock = http_sock or mock.Mock()
        self.http_sock.make_http_sock_data.return_value = (self.sock, DATA)
        self.response = mock.Mock()
        self.http_sock.make_response.return_value = self.response
        self.stream = HTTPStream(self.ioloop, self.http_sock)
        self.request = Request("http://a/")

    def event(self, events: int) -> None:
        """What the loop would do: call the handler that was registered last."""
        self.ioloop.add_handler.call_args.args[1](FD, events)


@pytest.fixture(params=[mock.Mock, mock.MagicMock, lambda: mock.Mock(spec=IOLoop)], ids=["Mock", "MagicMock", "spec"])
def play(request: pytest.FixtureRequest) -> Play:
    return Play(request.param())


def test_fresh_socket_is_registered_for_write(play: Play) -> None:
    play.stream.add_request(play.request, mock.Mock())
    play.http_sock.make_http_sock_data.assert_called_once_with(play.request)
    play.ioloop.add_handler.assert_called_once_with(FD, mock.ANY, IOLoop.WRITE)
    assert play.stream.fd_map == {FD: play.sock}
    assert play.stream.fd_request_map == {FD: play.request}
    play.sock.send.assert_not_called()


def test_write_event_sends_all_and_turns_to_read(play: Play) -> None:
    play.stream.add_request(play.request, mock.Mock())
    play.event(IOLoop.WRITE)
    play.sock.send.assert_called_once_with(DATA)
    play.ioloop.update_handler.assert_called_once_with(FD, IOLoop.READ)


def test_short_writes_send_what_remains(play: Play) -> None:
    sent: list[bytes] = []

    def send(data: Any) -> int:
        sent.append(bytes(data[:5]))
        return len(sent[-1])

    play.sock.send.side_effect = send
    play.stream.add_request(play.request, mock.Mock())
    for _ in range(-(-len(DATA) // 5)):
        play.ioloop.update_handler.assert_not_called()
        play.event(IOLoop.WRITE)
    assert b"".join(sent) == DATA
    play.ioloop.update_handler.assert_called_once_with(FD, IOLoop.READ)


def test_write_that_would_block_waits_for_the_next_event(play: Play) -> None:
    play.stream.add_request(play.request, mock.Mock())
    play.sock.send.side_effect = BlockingIOError
    play.event(IOLoop.WRITE)
    play.ioloop.update_handler.assert_not_called()
    play.sock.send.side_effect = len
    play.event(IOLoop.WRITE)
    play.ioloop.update_handler.assert_called_once_with(FD, IOLoop.READ)


def test_without_readback_the_socket_is_let_go_once_all_is_sent(play: Play) -> None:
    play.stream.add_request(play.request)
    play.event(IOLoop.WRITE)
    play.ioloop.update_handler.assert_not_called()
    play.ioloop.remove_handler.assert_called_once_with(FD)
    play.http_sock.make_response.assert_not_called()
    play.sock.close.assert_called_once_with()
    assert not play.stream.fd_map
    assert not play.stream.fd_request_map


def test_read_event_gives_the_response_to_the_readback_with_the_handler_removed(play: Play) -> None:
    def readback(response: Any) -> None:
        assert response is play.response
        play.ioloop.remove_handler.assert_called_once_with(FD)
        assert not play.stream.fd_map
        assert not play.stream.fd_request_map

    readback = mock.Mock(side_effect=readback, return_value=None)
    play.stream.add_request(play.request, readback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    play.http_sock.make_response.assert_called_once_with(play.sock, play.request)
    readback.assert_called_once_with(play.response)


def test_make_response_is_asked_again_until_the_answer_is_whole(play: Play) -> None:
    readback = mock.Mock(return_value=None)
    play.http_sock.make_response.side_effect = [None, None, play.response]
    play.stream.add_request(play.request, readback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    play.event(IOLoop.READ)
    readback.assert_not_called()
    play.ioloop.remove_handler.assert_not_called()
    play.event(IOLoop.READ)
    readback.assert_called_once_with(play.response)


def test_pair_sends_the_next_request_at_once(play: Play) -> None:
    following = Request("http://b/")
    readback = mock.Mock(side_effect=[(following, mock.Mock(return_value=None))])
    play.stream.add_request(play.request, readback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    assert play.http_sock.make_http_sock_data.call_args == mock.call(following)
    assert play.ioloop.add_handler.call_count == 2
    play.ioloop.call_later.assert_not_called()
    assert play.stream.fd_request_map == {FD: following}


def test_pair_with_none_sends_and_does_not_wait(play: Play) -> None:
    play.stream.add_request(play.request, mock.Mock(return_value=(Request("http://b/"), None)))
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    play.event(IOLoop.WRITE)
    assert play.sock.send.call_count == 2
    assert play.ioloop.remove_handler.call_count == 2
    assert play.http_sock.make_response.call_count == 1


def test_triple_sends_the_next_request_after_the_delay_by_call_later(play: Play) -> None:
    following, last = Request("http://b/"), mock.Mock(return_value=None)
    play.stream.add_request(play.request, mock.Mock(return_value=(following, last, 60)))
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    delay, callback, *args = play.ioloop.call_later.call_args.args
    assert delay == 60
    assert play.http_sock.make_http_sock_data.call_count == 1
    callback(*args, **play.ioloop.call_later.call_args.kwargs)
    assert play.http_sock.make_http_sock_data.call_args == mock.call(following)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    last.assert_called_once_with(play.response)


def test_add_delay_request_waits_by_call_later(play: Play) -> None:
    play.stream.add_delay_request(play.request, mock.Mock())
    assert play.ioloop.call_later.call_args.args[0] == 60
    play.ioloop.add_handler.assert_not_called()


@pytest.mark.parametrize("method", ["add_request", "add_delay_request"])
@pytest.mark.parametrize("wrong", ["http://a/", None, object(), mock.Mock()])
def test_what_is_no_request_is_refused_with_value_error(play: Play, method: str, wrong: object) -> None:
    with pytest.raises(ValueError, match="must be a urllib"):
        getattr(play.stream, method)(wrong, mock.Mock())
    play.http_sock.make_http_sock_data.assert_not_called()
    play.ioloop.add_handler.assert_not_called()


def test_mock_with_the_spec_of_httpsock_is_driven_by_the_two_methods() -> None:
    play = Play(http_sock=mock.Mock(spec=HTTPSock))
    play.stream.add_request(play.request, mock.Mock(return_value=None))
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    play.http_sock.make_response.assert_called_once_with(play.sock, play.request)


def test_subclass_that_replaces_make_http_sock_data_is_driven_by_the_two_methods() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    class Paired(HTTPSock):
        def make_http_sock_data(self, request: Request) -> tuple[socket.socket, bytes]:
            return ours, DATA

    readback = mock.Mock(return_value=None)
    play = Play()
    with closing(Paired()) as http_sock, theirs:
        stream = HTTPStream(play.ioloop, http_sock)
        stream.add_request(play.request, readback)
        handler = play.ioloop.add_handler.call_args.args[1]
        handler(ours.fileno(), IOLoop.WRITE)
        assert theirs.recv(100) == DATA
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        handler(ours.fileno(), IOLoop.READ)
    assert readback.call_args.args[0].read() == b"hi"
    assert ours.fileno() == -1


def test_what_the_readback_raises_goes_to_errorback(play: Play) -> None:
    errorback, cause = mock.Mock(), KeyError("x")
    play.stream.add_request(play.request, mock.Mock(side_effect=cause), errorback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    (error,) = errorback.call_args.args
    assert isinstance(error, ReadbackError)
    assert error.__cause__ is cause
    assert (error.method, error.url) == ("GET", "http://a/")


def test_what_the_readback_raises_is_logged_without_errorback(play: Play, expect_log: Any) -> None:
    expect_log("webqq.httpstream", "GET http://a/: the readback failed: KeyError")
    play.stream.add_request(play.request, mock.Mock(side_effect=KeyError("x")))
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)


@pytest.mark.parametrize(
    "result",
    [
        "next",
        5,
        (),
        (1,),
        (1, 2, 3, 4),
        ("http://b/", None),
        (Request("http://b/"), 5),
        (Request("http://b/"), "next", 5),
        (Request("http://b/"), None, -1),
        (Request("http://b/"), None, "soon"),
        (None, None),
    ],
)
def test_what_is_none_of_the_three_forms_goes_to_errorback(play: Play, result: object) -> None:
    errorback = mock.Mock()
    play.stream.add_request(play.request, mock.Mock(return_value=result), errorback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    assert isinstance(errorback.call_args.args[0], ReadbackError)
    assert play.http_sock.make_http_sock_data.call_count == 1
    play.ioloop.call_later.assert_not_called()


def test_errors_of_the_socket_go_to_errorback_and_free_all(play: Play) -> None:
    for events, method, kind in (
        (IOLoop.WRITE, "send", ConnectError),
        (IOLoop.READ, "make_response", ConnectionLost),
    ):
        errorback = mock.Mock()
        play.sock.send.side_effect = len
        play.stream.add_request(play.request, mock.Mock(), errorback)
        if events == IOLoop.READ:
            play.event(IOLoop.WRITE)
        getattr(play.http_sock if method == "make_response" else play.sock, method).side_effect = ConnectionResetError
        play.event(events)
        assert isinstance(errorback.call_args.args[0], kind)
        assert isinstance(errorback.call_args.args[0].__cause__, ConnectionResetError)
        assert not play.stream.fd_map
    assert play.ioloop.remove_handler.call_count == 2


def test_make_response_that_raises_anything_ends_the_exchange(play: Play) -> None:
    errorback = mock.Mock()
    play.http_sock.make_response.side_effect = RuntimeError("odd")
    play.stream.add_request(play.request, mock.Mock(), errorback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.READ)
    assert isinstance(errorback.call_args.args[0], BadResponse)
    play.ioloop.remove_handler.assert_called_once_with(FD)


def test_make_http_sock_data_that_fails_reaches_errorback_in_a_later_turn(play: Play) -> None:
    errorback = mock.Mock()
    play.http_sock.make_http_sock_data.side_effect = OSError("no sockets left")
    play.stream.add_request(play.request, mock.Mock(), errorback)
    errorback.assert_not_called()
    callback, *args = play.ioloop.add_callback.call_args.args
    callback(*args)
    assert isinstance(errorback.call_args.args[0], ConnectError)


def test_error_event_that_brings_nothing_ends_the_exchange(play: Play) -> None:
    errorback = mock.Mock()
    play.http_sock.make_response.return_value = None
    play.stream.add_request(play.request, mock.Mock(), errorback)
    play.event(IOLoop.WRITE)
    play.event(IOLoop.ERROR)
    assert isinstance(errorback.call_args.args[0], ConnectionLost)


def test_error_event_in_place_of_the_first_write_event_ends_the_exchange(play: Play) -> None:
    errorback = mock.Mock()
    play.stream.add_request(play.request, mock.Mock(), errorback)
    play.event(IOLoop.ERROR)
    assert isinstance(errorback.call_args.args[0], ConnectError | ConnectionLost)
    play.ioloop.remove_handler.assert_called_once_with(FD)
    play.sock.close.assert_called_once_with()


def test_cancel_removes_the_handler_and_calls_nobody(play: Play) -> None:
    readback, errorback = mock.Mock(), mock.Mock()
    exchange = play.stream.add_request(play.request, readback, errorback)
    assert exchange.cancel()
    assert not exchange.cancel()
    play.ioloop.remove_handler.assert_called_once_with(FD)
    play.sock.close.assert_called_once_with()
    play.event(IOLoop.WRITE)
    readback.assert_not_called()
    errorback.assert_not_called()
    assert not play.stream.fd_map


def test_start_and_stop_run_the_loop(play: Play) -> None:
    play.stream.start()
    play.ioloop.start.assert_called_once_with()
    play.stream.stop()
    play.ioloop.stop.assert_called_once_with()


def test_five_methods_are_enough_of_a_loop() -> None:
    class Five:
        def __init__(self) -> None:
            self.handlers: dict[int, Any] = {}
            self.calls: list[tuple[float, Any]] = []

        def add_handler(self, fd: int, handler: Any, events: int) -> None:
            self.handlers[fd] = handler

        def update_handler(self, fd: int, events: int) -> None:
            pass

        def remove_handler(self, fd: int) -> None:
            del self.handlers[fd]

        def call_later(self, delay: float, callback: Any) -> None:
            self.calls.append((delay, callback))

        def time(self) -> float:
            return 100.0

    ioloop = Five()
    http_sock = mock.Mock()
    sock = mock.Mock()
    sock.fileno.return_value = FD
    sock.send.side_effect = len
    http_sock.make_http_sock_data.return_value = (sock, DATA)
    stream = HTTPStream(ioloop, http_sock)  # type: ignore[arg-type]  # the point of the test
    stream.add_request(Request("http://a/"), lambda response: (Request("http://b/"), None, 60))
    ioloop.handlers[FD](FD, IOLoop.WRITE)
    ioloop.handlers[FD](FD, IOLoop.READ)
    assert 60 in [delay for delay, _ in ioloop.calls]


def test_make_response_may_cancel_the_exchange(play: Play) -> None:
    exchange = play.stream.add_request(play.request, readback := mock.Mock())
    play.event(IOLoop.WRITE)
    play.http_sock.make_response.side_effect = lambda sock, request: exchange.cancel() and play.response
    play.event(IOLoop.READ)
    readback.assert_not_called()
    assert play.stream.audit().is_clean


def test_closed_sockets_are_refused(loop: FakeIOLoop) -> None:
    play = Play(loop)
    play.sock.fileno.return_value = -1
    errorback = mock.Mock()
    for _ in range(2):
        play.stream.add_request(play.request, mock.Mock(), errorback)
    loop.settle()
    assert [type(call.args[0]) for call in errorback.call_args_list] == [ConnectError] * 2
    assert play.stream.audit().is_clean
