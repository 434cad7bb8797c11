"""This engine against Pulumi's: generated programs and changes go through both and are compared.

Both deploy to an AWS in memory, each to its own, behind the same provider interface, so that what
differs is the engine.
"""
