"""An AWS Lambda for one machine, faithful where releases and peak hours depend on it."""
