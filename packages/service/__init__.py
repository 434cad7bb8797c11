"""What a service says of itself: `services/NAME/service.toml` and `services/NAME/probes.py`.

Everything else reads these two and knows no service by name. Made of the standard library alone.
"""
