"""The project's files, as the house tests see them."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Made by tools, as .gitignore has them.
_GENERATED = {"__pycache__", "_build", "build", "dist"}
_HIDDEN_BUT_OURS = {".ci", ".gitignore"}


def _is_ours(name: str) -> bool:
    hidden = name.startswith(".") and name not in _HIDDEN_BUT_OURS
    return not hidden and name not in _GENERATED and not name.endswith(".egg-info")


def project_files() -> Iterator[Path]:
    """Every file that belongs to the project."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = filter(_is_ours, folders)
        yield from (Path(folder, name) for name in files if _is_ours(name))


def modules() -> dict[str, Path]:
    """The package's modules by dotted name; a package's ``__init__`` stands under the package's name."""
    found = {}
    for path in sorted((ROOT / "webqq").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found
