"""fsbench: benchmark evaluation of single-view 3D face reconstruction."""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from fsbench import submissions as adapters
    from fsbench.benchmarks import Benchmark as Benchmark
    from fsbench.benchmarks import Choice as Choice
    from fsbench.benchmarks import open_benchmark as open_benchmark
    from fsbench.core.mesh import Mesh as Mesh
    from fsbench.geometry.rays import preload_open3d as preload_open3d
    from fsbench.io import read_mesh as read_mesh
    from fsbench.runs import Run as Run
    from fsbench.runs import load_run as load_run
    from fsbench.scoring.score import score as score
    from fsbench.scoring.scorer import Scorer as Scorer
    from fsbench.submissions.submission import Submission as Submission
    from fsbench.submissions.submission import open_submission as open_submission

# Names and where they live; imported when asked for, so that `import fsbench` takes milliseconds.
_WHERE = {
    "Benchmark": "fsbench.benchmarks",
    "Choice": "fsbench.benchmarks",
    "Mesh": "fsbench.core.mesh",
    "Run": "fsbench.runs",
    "Scorer": "fsbench.scoring.scorer",
    "Submission": "fsbench.submissions.submission",
    "load_run": "fsbench.runs",
    "open_benchmark": "fsbench.benchmarks",
    "open_submission": "fsbench.submissions.submission",
    "preload_open3d": "fsbench.geometry.rays",
    "read_mesh": "fsbench.io",
    "score": "fsbench.scoring.score",
}
_MODULES = {"adapters": "fsbench.submissions", "torch": "fsbench.torch"}
__all__ = [*_WHERE, "__version__", "adapters"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    raise AttributeError(f"module 'fsbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
