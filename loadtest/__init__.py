"""This team's load tests: scenarios, thresholds, and what Locust reads."""
