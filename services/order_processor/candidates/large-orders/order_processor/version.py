"""Names the candidate in its log lines."""

LABEL = "large-orders"
