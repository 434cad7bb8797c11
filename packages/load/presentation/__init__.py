"""The report on a load run as people see it: an HTML page, and Markdown for a job summary."""
