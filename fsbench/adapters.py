"""The name by which scripts know `fsbench.submissions`."""

import sys

import fsbench.submissions

sys.modules[__name__] = fsbench.submissions
