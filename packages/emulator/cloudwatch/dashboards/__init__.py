"""Dashboards, whose bodies are checked and kept."""
