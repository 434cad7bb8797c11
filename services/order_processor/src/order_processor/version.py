"""The name a build gives this code, written by the `--version-label` of `artifact`."""

LABEL = "unlabelled"
