"""Alarms: their configuration, their evaluation, and their states."""
