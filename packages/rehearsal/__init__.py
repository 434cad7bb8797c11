"""A release from build to rollback, on one machine, with real parts."""
