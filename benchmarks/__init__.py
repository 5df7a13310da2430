"""Benchmarks, run by hand or with ``make bench``; never timed in tests."""
