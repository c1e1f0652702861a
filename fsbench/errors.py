"""The name by which scripts know `fsbench.core.errors`."""

import sys

import fsbench.core.errors

sys.modules[__name__] = fsbench.core.errors
