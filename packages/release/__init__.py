"""Shifts the alias between versions, judges a canary, and takes back what fails.

Knows nothing but the stack's outputs and AWS. Decisions (`gate`, the plans in each command) are
pure; `lambda_adapter`, `cloudwatch_adapter` and `sqs_adapter` do the talking; `alias` is the only
module that writes the alias.
"""
