"""Names the candidate in its log lines."""

LABEL = "no-longer-idempotent"
