"""Whose turn it is."""

import pytest

from webqq.testing import Answer, ScriptError, Send
from webqq.testing.scripts import Script, Scripts


def test_scripts_of_a_path_are_taken_in_order() -> None:
    scripts = Scripts()
    first, second = Script((b"1",)), Script((b"2",), repeat=True)
    scripts.add("/", first)
    scripts.add("/", second)
    assert scripts.unused == ["/", "/"]
    assert [scripts.take("/") for _ in range(3)] == [first, second, second]
    assert scripts.unused == []


def test_repeated_script_gives_way_to_a_newer_one() -> None:
    scripts = Scripts()
    old, new = Script((b"1",), repeat=True), Script((b"2",))
    scripts.add("/", old)
    assert [scripts.take("/"), scripts.take("/")] == [old, old]
    scripts.add("/", new)
    assert [scripts.take("/"), scripts.take("/")] == [old, new]


def test_asking_once_more_than_the_scripts_say() -> None:
    scripts = Scripts()
    scripts.add("/x", Script((b"1",)))
    scripts.take("/x")
    with pytest.raises(ScriptError, match="/x was asked for once more"):
        scripts.take("/x")
    assert not scripts.is_early("/x")


def test_unknown_path_is_not_found() -> None:
    assert Scripts().take("/x").steps == (Answer(404, "no script for /x\n"),)
    assert not Scripts().is_early("/x")


def test_early_is_the_next_script_alone() -> None:
    scripts = Scripts()
    scripts.add("/", Script((b"1",), early=True))
    scripts.add("/", Script((b"2",)))
    assert scripts.is_early("/")
    scripts.take("/")
    assert not scripts.is_early("/")


def test_openings_are_for_one_connection_each() -> None:
    scripts = Scripts()
    scripts.add_opening(Script((b"1",)))
    assert [scripts.opening(), scripts.opening()] == [[Send(b"1")], []]


def test_faults_are_told_where_the_script_is_written() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        Script(())
    with pytest.raises(TypeError, match="is no step"):
        Script((5,))  # type: ignore[arg-type]  # that is the fault
    Script((5, lambda request: b""))  # type: ignore[arg-type]  # told when it is planned
