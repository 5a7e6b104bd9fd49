"""The most a spec may ask for. A message that refuses a spec prints the limit it broke."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_LAYERS = 256
MAX_DIMENSION = 65_536
MAX_PARAMETERS = 50_000_000
