"""How all tests run."""

import signal

from hypothesis import settings

# A shell starts what it puts in the background deaf to Ctrl-C, and so all that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # so does `nohup` to the loss of a terminal
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A property is slow where the machine is busy; what takes time is measured in benchmarks/.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
