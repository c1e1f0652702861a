"""The modules that hold compiled loops."""

import importlib
from types import ModuleType

import fsbench.core.mesh
import fsbench.geometry.bilinear
import fsbench.geometry.dogleg
import fsbench.geometry.moving
import fsbench.geometry.raster
import fsbench.geometry.tree
import fsbench.geometry.tree_building
import fsbench.io.counting
import fsbench.io.decimals
import fsbench.io.lines
import fsbench.metrics.cylinder
import fsbench.metrics.cylinder_distance
import fsbench.metrics.normals
from fsbench.core.compiled import load
from fsbench.protocols import registry

_MODULES = (
    fsbench.geometry.bilinear,
    fsbench.geometry.dogleg,
    fsbench.geometry.moving,
    fsbench.geometry.tree,
    fsbench.geometry.tree_building,
    fsbench.io.counting,
    fsbench.io.decimals,
    fsbench.io.lines,
    fsbench.core.mesh,
    fsbench.metrics.cylinder,
    fsbench.metrics.cylinder_distance,
    fsbench.metrics.normals,
    fsbench.geometry.raster,
)


def modules() -> list[ModuleType]:
    """All modules of ours with compiled loops, those that protocols declare included."""
    declared = [name for protocol in registry.BUILT_IN for name in registry.get(protocol).loops]
    return [*_MODULES, *map(importlib.import_module, declared)]


def load_all() -> None:
    """Compile all loops, or load them from the cache, before a clock runs or a process forks."""
    load(*modules())
