"""Measurements anyone can repeat: each script prints the figures the README quotes."""
