"""What a run came to: figures, verdict, and the report as people see it."""
