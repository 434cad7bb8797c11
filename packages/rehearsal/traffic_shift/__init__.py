"""What a traffic shift costs live traffic, beside what warm environments refuse of the same."""
