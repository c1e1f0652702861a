"""Steps 1 and 2 on points whose answer is known."""

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.protocols.realy.rigid import fit_keypoints, fit_region
from tests.heads import random_similarity
from tests.keypointed import face, region

RNG = np.random.default_rng(3)
SEVEN = RNG.normal(size=(7, 3)) * 4
# The reference is single precision.
SINGLE = 1e-5


@pytest.mark.parametrize("flip", [1.0, -1.0])
def test_a_similarity_is_found_also_a_mirrored_one(flip: float) -> None:
    motion = random_similarity(RNG)
    fit = fit_keypoints(SEVEN, motion.inverse().apply(SEVEN) * [flip, 1, 1])
    assert fit.mirrors == (flip < 0)
    assert fit.scale == pytest.approx(motion.scale, rel=SINGLE)
    assert np.abs(fit.apply(motion.inverse().apply(SEVEN) * [flip, 1, 1]) - SEVEN).max() < 100 * SINGLE


def test_the_scale_is_of_absolute_sums_and_depends_on_the_frame() -> None:
    noisy = SEVEN + RNG.normal(size=SEVEN.shape)
    off_ref, off_pred = SEVEN - SEVEN.mean(0), noisy - noisy.mean(0)
    fit = fit_keypoints(SEVEN, noisy)
    assert fit.scale == pytest.approx(np.abs(off_ref).sum() / np.abs(off_pred @ fit.rotation.T).sum(), rel=SINGLE)
    turn = random_similarity(RNG).rotation
    assert fit_keypoints(SEVEN @ turn.T, noisy).scale != pytest.approx(fit.scale, rel=1e-4)


def _fit(points: np.ndarray, vertices: np.ndarray, repeats: int = 100):
    marks = [5, 500, 1500, 2500, 3500]
    return fit_region(points, FACE.vertices[marks], vertices, FACE.faces, vertices[marks], repeats, 1)


FACE, NOSE = face(), region("nose")


def test_an_aligned_prediction_is_left_as_it_is() -> None:
    """The residual before the first fit counts as 0, so a first fit that is as good is the last, and not applied."""
    found = _fit(NOSE.vertices, FACE.vertices)
    assert found.updates == 0
    assert (found.vertices == FACE.vertices).all()
    assert found.residuals == pytest.approx([0], abs=1e-12)


def test_the_last_fit_is_not_applied() -> None:
    shifted = FACE.vertices + [0.2, -0.1, 0.3]
    found = _fit(NOSE.vertices, shifted)
    assert found.converged
    assert len(found.residuals) == found.updates + 1
    assert abs(found.residuals[-1] - found.residuals[-2]) < 1e-6 <= abs(found.residuals[-2] - found.residuals[-3])
    assert np.abs(found.net.apply(shifted) - found.vertices).max() < SINGLE
    assert found.vertices.tolist() == found.vertices.astype(np.float32).tolist()


def test_a_vertex_that_is_there_twice_counts_twice() -> None:
    shifted = FACE.vertices + 0.1 * np.sin(FACE.vertices)
    twice = np.concatenate([NOSE.vertices, NOSE.vertices[NOSE.vertices[:, 1] > 2]])
    once, doubled = (_fit(points, shifted, 1).vertices for points in (NOSE.vertices, twice))
    assert np.abs(once - doubled).max() > 1e-3


def test_it_never_takes_more_than_100_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsbench.protocols.realy.rigid._STOP", -1.0)
    found = _fit(NOSE.vertices, Mesh(FACE.vertices + 0.1, FACE.faces).vertices, 1)
    assert found.updates == 100
    assert not found.converged
