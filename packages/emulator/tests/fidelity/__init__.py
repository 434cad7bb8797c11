"""What AWS does, which test holds it, and the table of both."""
