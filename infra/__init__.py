"""The Pulumi program of the order processor: one set of resources per stack."""
