"""Measurements anyone can repeat: chalknet beside its peers, and single questions.

`python -m scripts.benchmark` compares the libraries, part by part; a script here with a `main` answers one question.
"""
