"""Fuzz targets, one per door for foreign bytes: python -m tests.fuzz.fuzz_spec -runs=1000000."""
