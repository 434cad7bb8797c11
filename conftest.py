"""Tests run in the environment of local work, whatever the person's own holds."""

import os

from sandbox.environment import local

_clean = local()
os.environ.clear()
os.environ.update(_clean)
