"""A good release that takes two seconds to start: warmed it costs nobody anything.

Getting all the traffic at once while nobody has warmed it, it keeps every slot busy meanwhile.
"""

import time

LABEL = "cold-flip"

time.sleep(2)
