"""Handlers to compare with; each is copied into a task root of its own as `handler.py`."""
