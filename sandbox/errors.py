"""What a person has to mend."""


class SandboxError(Exception):
    """One sentence that says what to do; nothing was done yet."""
