"""Plugins by name."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from webqq.bot import plugin as plugin_module
from webqq.bot.plugin import GROUP, PluginError, builtin_plugins, find_plugin
from webqq.bot.plugins import echo


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which modules can be imported; they are gone after the test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_echo_is_built_in():
    assert "echo" in builtin_plugins()
    assert find_plugin("echo") is echo.setup


def test_module_is_found_by_its_path(folder: Path):
    (folder / "my_package").mkdir()
    (folder / "my_package" / "__init__.py").write_text("")
    (folder / "my_package" / "greeter.py").write_text("def setup(bot): pass\n")
    assert find_plugin("my_package.greeter").__module__ == "my_package.greeter"


def test_entry_point_is_found_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "offered.py").write_text("def setup(bot): pass\n")
    offered = EntryPoints([EntryPoint("greeter", "offered", GROUP)])
    monkeypatch.setattr(plugin_module, "entry_points", lambda **wanted: offered.select(**wanted))
    assert find_plugin("greeter").__module__ == "offered"


@pytest.mark.parametrize("name", ["", "no-such", "no_such", "no.such.module", "os..path", "webqq.bot.plugins.nope"])
def test_unknown_name_tells_what_there_is(name: str):
    with pytest.raises(PluginError, match=r"there is no plugin .*; built in are: echo"):
        find_plugin(name)


def test_module_without_setup_is_no_plugin():
    with pytest.raises(PluginError, match=r"plugin 'json' has no function setup\(bot\)"):
        find_plugin("json")


@pytest.mark.parametrize(("source", "fault"), [("import no_such", "ModuleNotFoundError"), ("1/0", "ZeroDivisionError")])
def test_module_that_cannot_be_imported_says_why(folder: Path, source: str, fault: str):
    (folder / "faulty.py").write_text(source)
    with pytest.raises(PluginError, match=f"plugin 'faulty' cannot be loaded: {fault}"):
        find_plugin("faulty")
