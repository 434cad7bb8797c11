"""The Pulumi program of the services: on each stack one set of resources per service."""
