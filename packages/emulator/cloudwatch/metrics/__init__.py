"""Metrics: their samples, their statistics, and metric math over them."""
