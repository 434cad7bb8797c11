"""Raises while it starts: a setting that only the author has."""

import os

_LEDGER_URL = os.environ["TAX_LEDGER_URL"]
