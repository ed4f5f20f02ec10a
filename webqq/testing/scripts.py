"""Which script of a scripted server is next, for each path and for connections; *pure*."""

from collections import deque
from dataclasses import dataclass

from webqq.testing.steps import Answer, Simple, Step, plan

__all__ = ["Script", "ScriptError", "Scripts"]


class ScriptError(AssertionError):
    """The client asked for more than the scripts have."""


@dataclass(slots=True)
class Script:
    """Steps, and when they are done. Raises ``ValueError`` and ``TypeError`` where the steps make no sense."""

    steps: tuple[Step, ...]
    repeat: bool = False
    early: bool = False
    uses: int = 0

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a script has at least one step")
        if not any(callable(step) for step in self.steps):
            plan(self.steps)  # what is wrong with it is said here, where it was written


class Scripts:
    """The scripts of one server: for one path in the order given, the last one again and again if it repeats."""

    def __init__(self) -> None:
        self._of_paths: dict[str, deque[Script]] = {}
        self._of_connections: deque[Script] = deque()

    def add(self, path: str, script: Script) -> None:
        """``script`` answers ``path`` after those that are there."""
        self._of_paths.setdefault(path, deque()).append(script)

    def add_opening(self, script: Script) -> None:
        """``script`` begins a connection after those that are there."""
        self._of_connections.append(script)

    @property
    def unused(self) -> list[str]:
        """The paths of scripts never used, once for each script."""
        return [path for path, scripts in self._of_paths.items() for script in scripts if not script.uses]

    def opening(self) -> list[Simple]:
        """What the next connection begins with."""
        script = _next(self._of_connections)
        return [] if script is None else plan(script.steps)

    def is_early(self, path: str) -> bool:
        """Whether the next script for ``path`` begins with the head."""
        scripts = self._of_paths.get(path)
        return bool(scripts and scripts[0].early)

    def take(self, path: str) -> Script:
        """The next script for ``path``: a 404 where there never was one. Raises :class:`ScriptError` for none left."""
        scripts = self._of_paths.get(path)
        if scripts is None:
            return Script((Answer(404, f"no script for {path}\n"),))
        script = _next(scripts)
        if script is None:
            raise ScriptError(f"{path} was asked for once more than its scripts say")
        return script


def _next(scripts: deque[Script]) -> Script | None:
    if not scripts:
        return None
    script = scripts[0]
    script.uses += 1
    if not (script.repeat and len(scripts) == 1):
        scripts.popleft()
    return script
