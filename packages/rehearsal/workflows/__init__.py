"""The workflow files, executed against the emulated AWS."""
