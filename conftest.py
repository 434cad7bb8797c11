"""Tests run in the environment of local work, whatever the person's own holds."""

import os
import sys

from console.checkout import ROOT
from hypothesis import settings
from sandbox.environment import local

_clean = local()
os.environ.clear()
os.environ.update(_clean)
# Each service's package, as in its zip.
sys.path[1:1] = sorted(map(str, ROOT.glob("services/*/src")))
# No example is failed for the time that it took: the machine is shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
