"""Sends events at their time: Locust, its workers, and a lean client of Invoke."""
