"""A harmless change: every log line of this candidate says `"release":"good-release"`."""

LABEL = "good-release"
