"""Baselines: passed runs that are kept, and a new run compared with them."""
