"""Imported once by the server that workers are forked from, so that a worker starts in milliseconds."""

import gc
import signal

# Ctrl-C is the main process's to handle; it would break the imports below off with a traceback of their own.
signal.signal(signal.SIGINT, signal.SIG_IGN)

import fsbench.evaluate  # noqa: E402

__all__ = ["fsbench"]

# What is there now stays: no worker searches it for cycles, which would copy it, nor does the server when it ends.
gc.freeze()
