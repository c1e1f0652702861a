"""The published methods of the FaceScape benchmark, a line each: name, maths, files.

Names are the benchmark authors'. facescape_opti and facescape_deep are their own two predictors.
"""

from fsbench.adapters import weak_perspective
from fsbench.adapters.adapter import Adapter

PUBLISHED: tuple[Adapter, ...] = (
    Adapter("facescape_opti", weak_perspective.facescape_opti),
    Adapter("3DDFA_V2", weak_perspective.tddfa_v2),
    Adapter("PRNet", weak_perspective.prnet),
    Adapter("RAFaRe", weak_perspective.rafare),
    Adapter("SADRNet", weak_perspective.sadrnet, swap_faces=True),
)
