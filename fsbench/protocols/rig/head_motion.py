"""Head motion: the rigid motion of a region that moves with the skull."""

import numpy as np

from fsbench.core.mesh import Floats, Ints
from fsbench.geometry.procrustes import weighted_similarity
from fsbench.geometry.transforms import Similarity

STILL = Similarity()


def without_head_motion(neutral: Floats, moved: Floats, region: Ints | None) -> Similarity:
    """The rigid transform that takes a moved face back to where its stable region was.

    Parameters
    ----------
    neutral, moved : ndarray, (V, 3)
    region : ndarray of int, (n,), or None
        Vertices of the stable region; without one nothing is removed.

    Returns
    -------
    Similarity
        Of scale 1; the identity itself if the region has not moved, so that a face at rest stays exactly.
    """
    if region is None or np.array_equal(neutral[region], moved[region]):
        return STILL
    weights = np.full(len(region), 1.0 / len(region))
    return weighted_similarity(neutral[region], moved[region], weights, 1.0)
