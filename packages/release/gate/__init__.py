"""May a canary be promoted? The decision is a pure function of alarms and samples."""
