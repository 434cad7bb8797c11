"""In place of urllib3's switch to HTTP/2, which nobody turns here; `probe` beside it is kept.

The original imports importlib.metadata for it, and that the zip and e-mail modules.
"""
