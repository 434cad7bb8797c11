"""Shifts the alias between versions, judges a canary, and takes back what fails.

Knows a service by its stack's outputs and its probes, and AWS. `cli` reads what was typed,
`commands` has a module for each command, `gate` decides, `state` has the alias and the ledger,
`aws` does the talking, `synthetic` sends the probes, `plans` has the shares of the traffic,
`observation` and `stored` are the values that pass between them. `state.alias` is the only module
that writes the alias.
"""
