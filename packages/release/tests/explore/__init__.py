"""Every call that a command makes, met by every fault: what stands afterwards, and what a repeat
makes of it; and several commands at once, in every order of their calls. The real adapters and
the real SDK run against a Lambda in memory, below HTTP.
"""
