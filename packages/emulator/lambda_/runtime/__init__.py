"""Execution environments: how they start, run a function's code, and what they write."""
