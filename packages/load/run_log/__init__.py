"""The log of a run: what was sent and answered, and what became of each event."""
