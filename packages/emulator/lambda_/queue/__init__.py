"""Asynchronous events: queued, retried, and reported where they end."""
