"""The most a spec may ask for. A message that refuses a spec prints the limit it broke."""

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_LAYERS = 256
MAX_NESTING = 5
"""Layers inside layers: with these a run is within MAX_DEPTH, so that what is written can be read."""
MAX_DIMENSION = 65_536
MAX_PARAMETERS = 50_000_000
MAX_VALUES = 16_777_216
"""In one sample, after any layer: 64 MiB in float32."""
