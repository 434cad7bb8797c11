"""Malformed events by the thousand, through the built function: `nox -s inputs`."""
