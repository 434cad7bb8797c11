"""What a request costs the sender: CPU and memory of clients inside Locust, side by side."""
