"""Exactly one effect per event: faults, seeded and replayable, against the deployed stack `local`.

The stack is deployed as it ships. Between the function and DynamoDB stands a proxy that fails on
demand; execution environments are killed; deliveries are repeated, mixed and throttled. Whatever
was sent stands in a log on disk before it leaves, and is found again at the end, or is lost.
"""
