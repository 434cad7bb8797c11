"""What a person has to mend, in every command."""


class UsageError(Exception):
    """Bad input: one sentence that says what to do; exit status 2, nothing was changed."""
