"""REALY: nose, mouth, forehead and cheek of a face against a scan, each in a correspondence of its own."""

from fsbench.protocols.realy.bending import UnboundedSolveError
from fsbench.protocols.realy.layout import Root, read_mesh, read_template, subject_and_view
from fsbench.protocols.realy.protocol import METRICS, PreparedRealy, Realy, RealyMeasurement
from fsbench.protocols.realy.quantities import CAUTIONS
from fsbench.protocols.realy.region import Reference, RegionMeasurement
from fsbench.protocols.realy.template import REGIONS, Template

__all__ = [
    "CAUTIONS",
    "METRICS",
    "REGIONS",
    "PreparedRealy",
    "Realy",
    "RealyMeasurement",
    "Reference",
    "RegionMeasurement",
    "Root",
    "Template",
    "UnboundedSolveError",
    "read_mesh",
    "read_template",
    "subject_and_view",
]
