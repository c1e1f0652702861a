"""The columns of the REALY protocol."""

from fsbench.core.quantities import Quantity
from fsbench.protocols.realy.template import REGIONS
from fsbench.protocols.shared_quantities import SCALES, SUSPICIOUS

CAUTIONS = (
    "REALY depends on the frame of the reference data: the same shapes in another frame scored up to 24 % higher. "
    "Compare only what was measured in the published frame",
    "REALY is unstable to about 1e-5 of the extent: nearest points and fixed stops make single regions jump, mostly by "
    "less than 0.2 %, seen up to 12 %",
)
"""What stands under every table."""

_NOTE = ". ".join(CAUTIONS)


def _error(name: str, label: str) -> Quantity:
    return Quantity(name, label, "mm", 3, "lower", note=_NOTE, low=0.0, statistic=True)


METRICS = (
    *(_error(f"{region}_mm", region.capitalize()) for region in REGIONS),
    _error("all_mm", "All"),
    *(Quantity(f"updates_{region}", f"Updates, {region}", low=0.0) for region in REGIONS),
    *(Quantity(f"solves_{region}", f"Solves, {region}", low=0.0) for region in REGIONS),
    SCALES[0],
    SUSPICIOUS,
)
"""Columns of a run, in order."""
