"""What asks GitHub, through `gh`: who built an artifact, who hears of failures."""
