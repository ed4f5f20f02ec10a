"""Build entry for tools that still call it; every fact stands in ``pyproject.toml``."""

from setuptools import setup

setup()
