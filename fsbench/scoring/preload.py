"""Imported once by the server that workers are forked from, so that a worker starts in milliseconds."""

import gc
import signal
import warnings

# Ctrl-C is the main process's to handle; it would break the imports below off with a traceback of their own.
signal.signal(signal.SIGINT, signal.SIG_IGN)

import fsbench.core.compiled  # noqa: E402
import fsbench.scoring.evaluate  # noqa: E402
import fsbench.scoring.loops  # noqa: E402

__all__ = ["fsbench"]

# As fsbench.cli.messages has it, which takes longer to load.
warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"
fsbench.core.compiled.spares_scipy = True
fsbench.scoring.loops.load_all()
# What is there now stays: no worker searches it for cycles, which would copy it, nor does the server when it ends.
gc.freeze()
