"""Benchmarks: what hiding a prompt costs, and what it costs in quality."""
