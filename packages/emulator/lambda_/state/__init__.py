"""What the account holds: functions with their versions, aliases and settings."""
