"""Libraries that the fork server imports once, so that a worker starts in milliseconds."""

import gc
import signal
import warnings

# The main process handles Ctrl-C; here it would interrupt the imports below and print a second traceback. The main
# process started this one with Ctrl-C blocked, so that it does not come before this line either.
signal.signal(signal.SIGINT, signal.SIG_IGN)
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

import fsbench.scoring.evaluate  # noqa: E402
import fsbench.scoring.loops  # noqa: E402

__all__ = ["fsbench"]

# The same as in fsbench.cli.messages, which takes longer to load.
warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"
fsbench.scoring.loops.load_all()
# The modules loaded so far stay: freeze them, as a search for cycles would copy their memory into every worker.
gc.freeze()
