"""Names the candidate in its log lines."""

LABEL = "hangs"
