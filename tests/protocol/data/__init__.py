"""Test data of the protocol: vectors of its pure functions, and answers of the service (see their own texts)."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def vectors(function: str) -> list[dict[str, Any]]:
    """Returns the vectors of one function, each an object of inputs and outputs."""
    functions = json.loads((HERE / "vectors.json").read_text("utf-8"))["functions"]
    found: list[dict[str, Any]] = functions[function]["vectors"]
    return found


def sample_index() -> list[dict[str, Any]]:
    """Returns file, call and flavours of each sample; some files stand for two calls."""
    found: list[dict[str, Any]] = json.loads((HERE / "samples" / "index.json").read_text("utf-8"))["samples"]
    return found


def sample(name: str) -> bytes:
    """Returns the body of one answer."""
    return (HERE / "samples" / name).read_bytes()
