"""M3D-FB's estimator "E12": landmark-driven bending with a topology correction, closest to the true error."""

from fsbench.protocols.elr.protocol import METRICS, Elr, PreparedElr
from fsbench.protocols.elr.quantities import CAUTIONS
from fsbench.protocols.elr.weights import TemplateWeights, read_weights, weights_of

__all__ = ["CAUTIONS", "METRICS", "Elr", "PreparedElr", "TemplateWeights", "read_weights", "weights_of"]
