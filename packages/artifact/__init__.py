"""Builds the Lambda function's zip, the same bytes for the same source, and its manifest."""
