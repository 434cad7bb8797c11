"""The Lambda service: control plane, execution environments, synchronous and asynchronous invokes."""
