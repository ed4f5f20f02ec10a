"""Plugins: modules with a function ``setup(bot)``, found by name.

A name means, in this order: a module of :mod:`webqq.bot.plugins`; an entry point of the group ``webqq.plugins`` of
any installed package; a module by its dotted path.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, TypeAlias

from webqq.bot import plugins
from webqq.protocol.errors import WebQQError

if TYPE_CHECKING:
    from webqq.bot.bot import Bot

__all__ = ["GROUP", "PluginError", "Setup", "builtin_plugins", "find_plugin"]

GROUP = "webqq.plugins"
"""The group of entry points in which packages offer plugins."""

Setup: TypeAlias = "Callable[[Bot], object]"
"""Registers a plugin's handlers with a bot."""


class PluginError(WebQQError):
    """No plugin goes by a name, or the one that does cannot be used."""


def builtin_plugins() -> list[str]:
    """Return the names of the plugins that come with this package."""
    return sorted(module.name for module in pkgutil.iter_modules(plugins.__path__))


def find_plugin(name: str) -> Setup:
    """Return the ``setup`` of the plugin with this name.

    :raises PluginError: there is none, it cannot be imported, or it has no ``setup``.
    """
    try:
        found = _load(name)
    except Exception as error:
        # Foreign code runs while it is imported, so anything can come.
        raise PluginError(f"plugin {name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    if found is None:
        raise PluginError(f"there is no plugin {name!r}; built in are: {', '.join(builtin_plugins())}")
    setup: object = getattr(found, "setup", None)
    if not callable(setup):
        raise PluginError(f"plugin {name!r} has no function setup(bot)")
    return setup


def _load(name: str) -> object:
    """The module with this name, or the object of the entry point; None where there is neither."""
    if name in builtin_plugins():
        return importlib.import_module(f"{plugins.__name__}.{name}")
    for entry_point in entry_points(group=GROUP, name=name):
        return entry_point.load()
    is_path = all(part.isidentifier() for part in name.split("."))
    return importlib.import_module(name) if is_path and _exists(name) else None


def _exists(name: str) -> bool:
    """Whether a module by this path exists; parents of a dotted path are imported to see."""
    parent, _, _ = name.rpartition(".")
    if parent and not _exists(parent):
        return False
    return importlib.util.find_spec(name) is not None
