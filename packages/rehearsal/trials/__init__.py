"""Candidates at the gate: how many bad ones pass, and how many good ones do not."""
