"""Open-model load test of a service: Poisson arrivals, a run log, a verdict."""
