"""AWS's answers in this package's words; nothing else here calls AWS."""
