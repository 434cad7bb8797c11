"""A shell lets what it starts in the background ignore Ctrl-C, and so would what tests start."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
