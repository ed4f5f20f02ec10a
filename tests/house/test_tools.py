"""The tools that read the whole tree: linter, formatter, type checker, documentation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT


def run_module(*arguments: str) -> None:
    """Runs ``python -m arguments`` in the project's folder; its output is the failure's text."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"python -m {' '.join(arguments)}\n{done.stdout}{done.stderr}", pytrace=False)


def test_linter_is_content():
    run_module("ruff", "check", ".")


def test_formatter_would_change_nothing():
    run_module("ruff", "format", "--check", ".")


def test_types_hold():
    run_module("mypy", "--strict", "webqq")


def test_documentation_builds_without_a_warning(tmp_path: Path):
    run_module(
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-d",
        str(tmp_path / "cache"),
        "docs",
        str(tmp_path / "html"),
    )
