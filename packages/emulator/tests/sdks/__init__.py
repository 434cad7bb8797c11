"""Clients that share nothing with botocore, each a program of its own language."""
