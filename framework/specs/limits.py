"""The most a spec may ask for. A message that refuses a spec prints the limit it broke."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_BRACKETS = 4_096
"""Lists and objects in one file: 256 layers with both initializers have 768, and a shape or two."""
MAX_KEYS = 64
"""In one object, several times what any spec class has: each key too many would be a complaint of its own."""
MAX_DIGITS = 640
"""Of an integer: Python reads as many, however low its own limit has been set."""
MAX_LAYERS = 256
MAX_NESTING = 5
"""Layers inside layers: with these a run is within MAX_DEPTH, so that what is written can be read."""
MAX_DIMENSION = 65_536
MAX_PARAMETERS = 50_000_000
MAX_VALUES = 16_777_216
"""In one sample, after any layer: 64 MiB in float32."""
MAX_COUNT = 2**31 - 1
"""Epochs, samples in a batch."""
