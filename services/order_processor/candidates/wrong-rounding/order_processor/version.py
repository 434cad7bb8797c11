"""Names the candidate in its log lines."""

LABEL = "wrong-rounding"
