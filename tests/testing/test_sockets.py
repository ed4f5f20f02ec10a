"""The scripted socket behaves as a non-blocking socket of the operating system does."""

import errno
import socket
import ssl

import mock
import pytest

from webqq.testing import EOF, WOULD_BLOCK, FakeSocket


def test_recv_gives_one_item_a_call_then_would_block() -> None:
    sock = FakeSocket(3, [b"one", b"two"])
    assert [sock.recv(100), sock.recv(100)] == [b"one", b"two"]
    with pytest.raises(BlockingIOError):
        sock.recv(100)
    sock.deliver(b"three")
    assert sock.recv(100) == b"three"


def test_recv_gives_no_more_than_asked() -> None:
    sock = FakeSocket(3, [b"abcdef"])
    assert [sock.recv(4), sock.recv(4)] == [b"abcd", b"ef"]


def test_eof_stays() -> None:
    sock = FakeSocket(3, [b"x", EOF])
    assert [sock.recv(9), sock.recv(9), sock.recv(9)] == [b"x", b"", b""]
    assert sock.is_readable


def test_scripted_exceptions_are_raised_once() -> None:
    sock = FakeSocket(3, [ConnectionResetError(), b"x"], accepts=[BrokenPipeError()])
    with pytest.raises(ConnectionResetError):
        sock.recv(9)
    assert sock.recv(9) == b"x"
    with pytest.raises(BrokenPipeError):
        sock.send(b"x")
    assert sock.send(b"x") == 1


def test_send_takes_what_the_script_says_and_records_it() -> None:
    sock = FakeSocket(3, accepts=[2, 0])
    assert sock.send(b"abcd") == 2
    assert not sock.is_writable
    with pytest.raises(BlockingIOError):
        sock.send(b"cd")
    sock.accepts.clear()
    assert sock.is_writable
    assert sock.send(memoryview(b"cd")) == 2
    assert sock.sent == b"abcd"


def test_on_send_is_told_of_each_send_that_took_something() -> None:
    heard = mock.Mock()
    sock = FakeSocket(3, accepts=[0], on_send=heard)
    with pytest.raises(BlockingIOError):
        sock.send(b"x")
    heard.assert_not_called()
    sock.accepts.clear()
    sock.send(b"x")
    heard.assert_called_once_with(sock)


def test_connecting_socket_is_neither_readable_nor_writable() -> None:
    sock = FakeSocket(3, [b"x"], is_connecting=True)
    assert not sock.is_readable
    assert not sock.is_writable
    with pytest.raises(BlockingIOError):
        sock.send(b"x")
    sock.finish_connect()
    assert sock.is_readable
    assert sock.is_writable


def test_failed_connection_is_told_once_by_so_error_or_the_first_call() -> None:
    sock = FakeSocket(3, connect_error=errno.ECONNREFUSED)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    sock.finish_connect(errno.ECONNREFUSED)
    with pytest.raises(ConnectionRefusedError):
        sock.send(b"x")


def test_closed_socket_refuses_everything() -> None:
    sock = FakeSocket(3, [b"x"])
    sock.close()
    assert sock.fileno() == -1
    for call in (lambda: sock.send(b"x"), lambda: sock.recv(1), sock.do_handshake):
        with pytest.raises(OSError, match="closed"):
            call()


def test_blocking_mode_is_refused() -> None:
    sock = FakeSocket(3)
    sock.setblocking(False)
    with pytest.raises(AssertionError):
        sock.setblocking(True)


def test_handshake_follows_its_script() -> None:
    sock = FakeSocket(3, handshake=[ssl.SSLWantReadError()])
    with pytest.raises(ssl.SSLWantReadError):
        sock.do_handshake()
    sock.do_handshake()


def test_repr_tells_the_state() -> None:
    sock = FakeSocket(3, [WOULD_BLOCK])
    assert repr(sock) == "<FakeSocket 3 open sent=0 incoming=1>"
    sock.close()
    assert "closed" in repr(sock)


def test_unknown_socket_option_is_named() -> None:
    with pytest.raises(OSError, match="SO_ERROR only"):
        FakeSocket(3).getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def test_recv_into_fills_what_it_is_given() -> None:
    sock = FakeSocket(3, [b"abcdef"])
    buffer = bytearray(4)
    assert sock.recv_into(buffer) == 4
    assert buffer == b"abcd"
    assert sock.recv_into(buffer, 1) == 1
    assert buffer == b"ebcd"


def test_sendmsg_sends_all_its_buffers() -> None:
    sock = FakeSocket(3)
    assert sock.sendmsg([b"ab", memoryview(b"c")]) == 3
    assert sock.sent == b"abc"


def test_send_after_shutdown_is_a_broken_pipe() -> None:
    sock = FakeSocket(3, [b"x"])
    sock.shutdown(socket.SHUT_RD)
    assert sock.send(b"a") == 1
    sock.shutdown(socket.SHUT_WR)
    assert sock.is_shut_down
    with pytest.raises(BrokenPipeError):
        sock.send(b"b")
    assert sock.recv(1) == b"x"


def test_peer_has_a_name_once_connected() -> None:
    sock = FakeSocket(3, is_connecting=True)
    with pytest.raises(OSError, match="not connected"):
        sock.getpeername()
    sock.finish_connect()
    assert sock.getpeername() == ("192.0.2.1", 80)


def test_options_are_kept_for_the_test() -> None:
    sock = FakeSocket(3)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert sock.options == {(socket.IPPROTO_TCP, socket.TCP_NODELAY): 1}


def test_there_is_no_tls() -> None:
    sock = FakeSocket(3)
    assert (sock.version(), sock.selected_alpn_protocol(), sock.session) == (None, None, None)


class TestAgainstARealSocket:
    """What the fake does, the real thing does: the same calls on a socket pair."""

    def test_recv_without_data_would_block(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            for sock in (ours, FakeSocket(3)):
                with pytest.raises(BlockingIOError):
                    sock.recv(10)

    def test_end_is_an_empty_read_again_and_again(self) -> None:
        ours, theirs = socket.socketpair()
        theirs.close()
        with ours:
            for sock in (ours, FakeSocket(3, [EOF])):
                assert [sock.recv(9), sock.recv(9)] == [b"", b""]

    def test_closed_socket_has_no_number(self) -> None:
        real, fake = socket.socket(), FakeSocket(3)
        for sock in (real, fake):
            sock.close()
            assert sock.fileno() == -1
            with pytest.raises(OSError):  # noqa: PT011  # the texts differ, the class is what counts
                sock.recv(1)
