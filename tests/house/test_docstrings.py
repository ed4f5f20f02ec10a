"""The examples in docstrings are true."""

import doctest
import importlib

import pytest

from tests.house.tree import modules


@pytest.mark.parametrize("module", [name for name in modules() if not name.endswith("__main__")])
def test_examples_of_docstrings_run(module: str):
    assert doctest.testmod(importlib.import_module(module)).failed == 0
