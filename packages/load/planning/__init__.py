"""The capacity planner: how much concurrency a peak needs, and what it costs."""
