"""The name a build gives this code, written by the `--version-label` of `services.artifact`."""

LABEL = "unlabelled"
