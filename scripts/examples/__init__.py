"""Short scripts to read, run and change: each shows one thing."""
