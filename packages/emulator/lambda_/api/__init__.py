"""What a request to Lambda meets: its protocol, its operations, and Invoke."""
