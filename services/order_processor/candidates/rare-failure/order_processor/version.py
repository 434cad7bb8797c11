"""Names the candidate in its log lines."""

LABEL = "rare-failure"
