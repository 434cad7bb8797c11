"""Names the candidate in its log lines."""

LABEL = "bigger-cold-start"
