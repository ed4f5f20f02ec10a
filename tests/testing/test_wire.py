"""Bytes between a socket and a script; the whole server's tests have TLS and its ends."""

import socket

import pytest

from webqq.testing.wire import Wire


def test_what_is_written_waits_while_held() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        ours.setblocking(False)
        wire = Wire(ours)
        wire.is_held = True
        wire.write(b"abc")
        assert not wire.flush()
        with pytest.raises(BlockingIOError):
            theirs.recv(9)
        wire.is_held = False
        assert wire.wants_write
        assert wire.flush()
        assert theirs.recv(9) == b"abc"


def test_end_of_the_other_side_is_seen_behind_its_bytes() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        wire = Wire(ours)
        assert (wire.read(), wire.has_ended) == (b"", False)
        theirs.sendall(b"bye")
        theirs.close()
        assert (wire.read(), wire.has_ended) == (b"bye", False)
        assert (wire.read(), wire.has_ended) == (b"", True)


def test_system_that_takes_no_more_keeps_the_rest() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        wire = Wire(ours)
        wire.write(bytes(10_000_000))
        assert not wire.flush()
        assert wire.outgoing
