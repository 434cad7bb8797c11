"""Names the candidate in its log lines."""

LABEL = "crash-at-init"
