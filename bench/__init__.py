"""Benchmarks: what custodes costs, in one run with what it is compared to."""
