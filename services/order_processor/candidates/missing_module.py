"""Imports a package that is not in the zip."""

import tax_rates  # noqa: F401
