"""The rehearsal's report: `report.json`, the HTML page, the terminal table and the job summary."""
