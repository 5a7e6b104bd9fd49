"""What scripts.reproduce is made of."""
