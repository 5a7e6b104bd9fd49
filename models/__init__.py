"""The digits: what they look like, and recipes that learn them."""
