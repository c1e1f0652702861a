"""Surface that is compared although the reference has none beside it: a nape behind a throat, on cylinders."""

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.geometry.cameras import OrthographicCamera
from fsbench.metrics.cylinder import QuadMap
from fsbench.protocols.facescape.protocol import CylinderMeasurement, FaceScape, View
from fsbench.protocols.facescape.surplus import share_behind
from tests.cylinders import NAPE_MM, THROAT_MM, face_with_throat, head_with_nape

CENTRE = np.array([0.0, 0.0, -400.0])
FACETS = 0.01
"""A cylinder of 255 flat quads lies up to 0.1 mm within the round one, and half a pixel of its rim counts or not."""


def _measured(prediction: Mesh) -> CylinderMeasurement:
    view = View(OrthographicCamera(150.0), np.eye(3), CENTRE, 1.0)
    reference = face_with_throat()
    prepared = FaceScape().prepare(Mesh(reference.vertices + CENTRE, reference.faces), view)
    return prepared.measure(Mesh(prediction.vertices + CENTRE, prediction.faces))


def test_a_nape_pays_its_distance_to_the_throat_in_one_direction_only() -> None:
    found = _measured(head_with_nape())
    corners = QuadMap.of(found.radius_pred_mm).corners
    nape = np.isclose(found.radius_pred_mm, NAPE_MM, rtol=1e-3)[corners].mean()
    paid = (NAPE_MM - THROAT_MM) * nape
    assert paid > 2
    assert found.scores.cd_pred_to_ref_mm == pytest.approx(paid, rel=FACETS)
    # The throat behind is next to the throat before.
    assert found.scores.cd_ref_to_pred_mm < 0.05 * paid
    assert found.scores.cr == 1.0


def test_a_nape_is_noted_and_said_to_be_behind() -> None:
    found = _measured(head_with_nape())
    (note,) = found.scores.notes
    assert "over twice" in note and "behind the head's axis" in note and "docs/exactness.md" in note
    assert share_behind(found.prediction.vertices, found.pred_to_ref_mm) > 0.99


def test_surplus_before_the_axis_is_said_to_be_there() -> None:
    reference = face_with_throat()
    # A beard: the front of the throat is the chin's distance away, and the reference's throat is near its sides.
    x, y, z = reference.vertices.T
    before = (y < -61) & (z > 0) & (np.abs(x) < 0.8 * z)
    swollen = reference.vertices.copy()
    swollen[before] *= [70.0 / THROAT_MM, 1, 70.0 / THROAT_MM]
    found = _measured(Mesh(swollen, reference.faces))
    (note,) = found.scores.notes
    assert "before the head's axis" in note


def test_a_face_like_the_reference_has_no_note() -> None:
    assert _measured(face_with_throat()).scores.notes == ()
    reference = face_with_throat()
    assert _measured(Mesh(reference.vertices * 1.03, reference.faces)).scores.notes == ()
