"""The modules that hold compiled loops."""

import fsbench.core.mesh
import fsbench.geometry.dogleg
import fsbench.geometry.raster
import fsbench.geometry.tree
import fsbench.geometry.tree_building
import fsbench.io.counting
import fsbench.io.decimals
import fsbench.io.lines
import fsbench.metrics.cylinder
import fsbench.metrics.cylinder_distance
import fsbench.protocols.realy.block_cholesky
from fsbench.core.compiled import load

MODULES = (
    fsbench.geometry.dogleg,
    fsbench.geometry.tree,
    fsbench.geometry.tree_building,
    fsbench.io.counting,
    fsbench.io.decimals,
    fsbench.io.lines,
    fsbench.core.mesh,
    fsbench.metrics.cylinder,
    fsbench.metrics.cylinder_distance,
    fsbench.protocols.realy.block_cholesky,
    fsbench.geometry.raster,
)


def load_all() -> None:
    """Compile all loops, or load them from the cache, before a clock runs or a process forks."""
    load(*MODULES)
