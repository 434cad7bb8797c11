"""Measurements of the emulator: speed beside its peers, throttling, losses, malformed requests."""
