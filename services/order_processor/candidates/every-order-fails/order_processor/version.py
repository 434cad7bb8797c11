"""Names the candidate in its log lines."""

LABEL = "every-order-fails"
