"""Names the candidate in its log lines."""

LABEL = "dead-letters"
