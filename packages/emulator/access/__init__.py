"""Who may call, and what: strangers, signatures, keys, policies."""
