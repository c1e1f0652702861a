"""Loops: all modules that hold compiled ones."""

import fsbench.alignment.dogleg
import fsbench.alignment.tree
import fsbench.alignment.tree_building
import fsbench.io.decimals
import fsbench.io.lines
import fsbench.mesh
import fsbench.metrics.cylinder
import fsbench.metrics.cylinder_distance
import fsbench.raster
from fsbench.compiled import load

MODULES = (
    fsbench.alignment.dogleg,
    fsbench.alignment.tree,
    fsbench.alignment.tree_building,
    fsbench.io.decimals,
    fsbench.io.lines,
    fsbench.mesh,
    fsbench.metrics.cylinder,
    fsbench.metrics.cylinder_distance,
    fsbench.raster,
)


def load_all() -> None:
    """Compile them, or load what is kept of them, before a clock runs or a process forks in the middle of it."""
    load(*MODULES)
