"""Measures the engine beside its peers: ``scripts/bench``. docs/benchmarks.rst says what is measured and how."""
