"""Fixtures that many own tests share."""

import signal

pytest_plugins = ["pytester"]

# A shell without job control starts what it sends to the background with SIGINT ignored, and that is inherited: tests
# that interrupt a process of theirs would wait for nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
