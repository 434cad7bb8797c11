"""Open-model load test of the order function: Poisson arrivals, a ledger, a verdict."""
