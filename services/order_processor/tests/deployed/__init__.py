"""Tests on the emulated AWS; the others need nothing but what the service is built from."""
