"""What a person runs: the `chalknet` command, examples, benchmarks, and the script that made the embedded data."""
