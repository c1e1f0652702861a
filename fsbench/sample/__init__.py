"""The embedded sample benchmark: a small CC0 head model, cameras of our own, and three baseline methods.

>>> from fsbench.sample import METHODS
>>> list(METHODS)
['mean-face', 'linear-weak', 'linear-persp']
>>> METHODS["linear-persp"].adapters["fslab"]
'cv'
"""

from fsbench.sample.benchmark_files import Written, write
from fsbench.sample.methods import METHODS, Baseline

__all__ = ["METHODS", "Baseline", "Written", "write"]
