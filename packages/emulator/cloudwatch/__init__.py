"""The CloudWatch service: metrics, metric math, alarms and dashboards."""
