"""Imported once by the server that workers are forked from, so that a worker starts in milliseconds."""

import fsbench.evaluate
from fsbench.surface import load_backend

__all__ = ["fsbench"]

load_backend()
