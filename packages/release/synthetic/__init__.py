"""The service's own probes, sent to a version by its number."""
