"""Measures the handler's cold start, size and warm cost beside a floor and a conventional handler.

All three run as on Lambda: the runtime's own client, an isolated interpreter, compiled bytecode.
"""
