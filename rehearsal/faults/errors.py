"""What a person has to change."""


class UsageError(Exception):
    """A run cannot be made; the message is one sentence that says what to do."""
