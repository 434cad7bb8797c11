"""The Lambda service: control plane, execution environments, invocations of all types."""
