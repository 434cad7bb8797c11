"""What this package reports to a person."""


class UsageError(Exception):
    """Cannot go on; the message is one sentence that says what to do. Exit status 2."""
