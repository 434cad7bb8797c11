"""The one way this package says that its input cannot be used."""


class UsageError(Exception):
    """Bad input: one sentence that says what is wrong and what to do; exit status 2."""
