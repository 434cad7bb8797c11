"""What is live, and what was decided: the alias, and the ledger behind it."""
