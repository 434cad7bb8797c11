"""Callers of a function: realistic events at its alias, and what came of each."""
