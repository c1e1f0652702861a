"""fsbench: benchmark evaluation of single-view 3D face reconstruction."""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from fsbench import submissions as adapters
    from fsbench.benchmarks import Benchmark as Benchmark
    from fsbench.core.mesh import Mesh as Mesh
    from fsbench.io import read_mesh as read_mesh
    from fsbench.runs import Run as Run
    from fsbench.runs import load_run as load_run
    from fsbench.scoring.scorer import Scorer as Scorer

# Names and where they live; imported when asked for, so that `import fsbench` takes milliseconds.
_WHERE = {
    "Benchmark": "fsbench.benchmarks",
    "Mesh": "fsbench.core.mesh",
    "Run": "fsbench.runs",
    "Scorer": "fsbench.scoring.scorer",
    "load_run": "fsbench.runs",
    "read_mesh": "fsbench.io",
}
__all__ = ["Benchmark", "Mesh", "Run", "Scorer", "__version__", "adapters", "load_run", "read_mesh"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    if name == "adapters":
        return importlib.import_module("fsbench.submissions")
    raise AttributeError(f"module 'fsbench' has no attribute {name!r}")
