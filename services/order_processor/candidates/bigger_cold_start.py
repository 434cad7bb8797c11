"""Starting takes 7 s longer: a model is loaded that nobody asked for."""

import time

time.sleep(7)
