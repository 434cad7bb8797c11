"""Names the candidate in its log lines."""

LABEL = "memory-hog"
