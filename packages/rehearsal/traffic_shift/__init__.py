"""What a traffic shift costs live traffic: measured under load, beside what warm slots refuse."""
