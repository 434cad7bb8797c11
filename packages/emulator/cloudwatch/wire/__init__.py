"""CloudWatch's three wire protocols, and its model's constraints on requests."""
