"""Laws of the rig protocol: what must hold of any face with any expressions."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from fsbench import Scorer
from fsbench.benchmarks import Choice
from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Mesh
from fsbench.protocols.measurement import Scores
from fsbench.protocols.protocol import Prediction
from fsbench.protocols.rig.fit import shares_topology
from tests.heads import random_similarity
from tests.rigs import FACE, MARKS, MARKS_TEXT, NEUTRAL, STEMS, changed, motions, moving, person, write

Shapes = Mapping[str, np.ndarray]
TRUE = moving(person(), motions())
MOVED = STEMS[1:]


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    root = tmp_path_factory.mktemp("rig")
    write(root / "a", TRUE)
    return Scorer("rig", root, choice=Choice(landmarks=MARKS_TEXT, pred_landmarks=MARKS_TEXT))


def _score(
    scorer: Scorer, shapes: Shapes, faces: np.ndarray = FACE.faces, marks: np.ndarray | None = None
) -> dict[str, Scores]:
    neutral = Mesh(shapes[NEUTRAL], faces)
    inputs = {"neutral": neutral, "landmarks": shapes[NEUTRAL][list(MARKS)] if marks is None else marks}
    return {
        stem: scorer.score_prediction(f"a/{stem}", Prediction(Mesh(vertices, faces), inputs))
        for stem, vertices in shapes.items()
    }


def _of(scores: Mapping[str, Scores], metric: str) -> np.ndarray:
    return np.array([scores[stem][metric] for stem in MOVED])


def test_the_truth_against_itself_is_perfect(scorer: Scorer) -> None:
    found = _score(scorer, TRUE)
    # Distances of a face of 100 mm are exact to the digits of a double.
    for metric in ("rig_mm", "neutral_mm", "corresponding_mm", "realigned_mm", "motion_mm"):
        assert _of(found, metric) == pytest.approx(0, abs=1e-9), metric
    lengths = [np.linalg.norm(offset, axis=1) for offset in motions().values()]
    # Leak is all motion of what hardly moves in the truth, the truth's own included.
    assert _of(found, "leak_mm") == pytest.approx([one[one <= 0.5].mean() for one in lengths], rel=1e-9)
    assert found[NEUTRAL].rig_mm == pytest.approx(0, abs=1e-9)
    assert _of(found, "motion_r2") == pytest.approx(1, abs=1e-12)
    assert _of(found, "amplitude") == pytest.approx(1, abs=1e-12)
    assert (_of(found, "hit") == 1).all()
    assert [found[stem].nearest for stem in MOVED] == list(range(1, 20))
    assert not any(scores.doubts for scores in found.values())


def test_a_still_rig_misses_all_of_the_motion(scorer: Scorer) -> None:
    found = _score(scorer, dict.fromkeys(STEMS, person(seed=3)))
    assert (_of(found, "motion_r2") == 0).all()
    assert (_of(found, "amplitude") == 0).all()
    assert (_of(found, "leak_mm") == 0).all()
    assert (_of(found, "hit") == 0).all()
    true = [np.linalg.norm(offset, axis=1) for offset in motions().values()]
    expected = [lengths[lengths > 0.5].mean() for lengths in true]
    assert _of(found, "motion_mm") == pytest.approx(expected, rel=1e-9)
    assert _of(found, "true_motion_mm") == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("times", [2.0, 0.5, -1.0])
def test_the_amplitude_is_how_much_stronger_the_motion_is(scorer: Scorer, times: float) -> None:
    found = _score(scorer, moving(person(), motions(times)))
    assert _of(found, "amplitude") == pytest.approx(times, rel=1e-9)
    assert _of(found, "motion_r2") == pytest.approx(1 - (times - 1) ** 2, rel=1e-9, abs=1e-9)


def test_frame_and_unit_of_the_prediction_change_nothing(scorer: Scorer) -> None:
    shapes = moving(person(seed=5), motions(1.3))
    by = random_similarity(np.random.default_rng(2))
    first, second = (_score(scorer, one) for one in (shapes, changed(shapes, by.apply)))
    for metric in ("rig_mm", "neutral_mm", "motion_mm", "motion_r2", "leak_mm", "amplitude", "hit"):
        assert _of(second, metric) == pytest.approx(_of(first, metric), abs=1e-9), metric


def test_a_triangle_of_two_corners_is_the_same_whatever_it_begins_with() -> None:
    points = np.eye(4)[:, :3]
    one, other, opposite = (
        Mesh(points, faces) for faces in ([[0, 1, 2], [1, 1, 3]], [[1, 3, 1], [1, 2, 0]], [[0, 2, 1]])
    )
    assert shares_topology(one, other) and not shares_topology(one, opposite)


def test_motion_does_not_depend_on_the_identity(scorer: Scorer) -> None:
    right, wrong = (_score(scorer, moving(person(seed, 3.0), motions())) for seed in (0, 9))
    assert _of(wrong, "corresponding_mm").mean() > 1.0
    # The prediction's size is fitted on its wrong neutral face, here within 1 % of the true one.
    assert _of(wrong, "motion_mm") == pytest.approx(_of(right, "motion_mm"), abs=0.1)


def test_shuffled_names_are_not_told_apart(scorer: Scorer) -> None:
    offsets = motions()
    turned = dict(zip(MOVED, [*list(offsets.values())[1:], offsets[MOVED[0]]], strict=True))
    found = _score(scorer, moving(person(), turned))
    # Chance is one in 19; here each name is wrong.
    assert _of(found, "hit").sum() == 0
    assert [int(one.nearest) for one in list(found.values())[1:-1]] == list(range(2, 20))
    assert (_of(found, "motion_r2") < 0.5).all()


def _split(shapes: Shapes) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The same surfaces with every triangle cut in three, and vertices in another order."""
    cut = {stem: np.concatenate([v, v[FACE.faces].mean(1)]) for stem, v in shapes.items()}
    n, middle = FACE.n_vertices, FACE.n_vertices + np.arange(FACE.n_faces)
    a, b, c = FACE.faces.T
    faces = np.concatenate([np.stack(t, 1) for t in ((a, b, middle), (b, c, middle), (c, a, middle))])
    order = np.random.default_rng(1).permutation(n + FACE.n_faces)
    place = np.argsort(order)
    return {stem: v[order] for stem, v in cut.items()}, place[faces]


@pytest.mark.parametrize("change", ["order", "corners"])
def test_the_order_of_triangles_and_of_their_corners_changes_nothing(scorer: Scorer, change: str) -> None:
    """A file's writer chooses both; the vertices correspond by number all the same."""
    shapes = moving(person(seed=5), motions(1.3))
    faces = FACE.faces[::-1] if change == "order" else np.roll(FACE.faces, 1, axis=1)
    first, second = _score(scorer, shapes), _score(scorer, shapes, faces)
    for metric in ("rig_mm", "neutral_mm", "corresponding_mm", "motion_mm", "leak_mm", "covered"):
        assert _of(second, metric) == pytest.approx(_of(first, metric), abs=1e-9), metric


@pytest.mark.parametrize("seed", [1, 2])
def test_another_topology_of_the_same_surfaces_hardly_changes_the_motion(scorer: Scorer, seed: int) -> None:
    shapes = moving(person(seed), motions(0.7))
    other, faces = _split(shapes)
    marks = shapes[NEUTRAL][list(MARKS)]
    first, second = _score(scorer, shapes), _score(scorer, other, faces, marks)
    assert second[NEUTRAL].covered > 0.9
    for metric in ("motion_mm", "rig_mm"):
        assert _of(second, metric).mean() == pytest.approx(_of(first, metric).mean(), rel=0.02), metric
    assert (_of(second, "hit") == 1).all()


def test_another_topology_needs_landmarks(scorer: Scorer) -> None:
    other, faces = _split(TRUE)
    inputs = {"neutral": Mesh(other[NEUTRAL], faces)}
    with pytest.raises(AlignmentError, match=r"give --landmarks and --pred-landmarks"):
        scorer.score_prediction(f"a/{STEMS[1]}", Prediction(Mesh(other[STEMS[1]], faces), inputs))


def test_a_mirrored_prediction_is_refused(scorer: Scorer) -> None:
    with pytest.raises(AlignmentError, match="mirrored"):
        _score(scorer, changed(TRUE, lambda vertices: vertices * [-1, 1, 1]))


def test_an_expression_alone_has_no_motion(scorer: Scorer) -> None:
    with pytest.raises(MeshError, match=r"inputs\['neutral'\]"):
        scorer.score(f"a/{STEMS[1]}", TRUE[STEMS[1]], FACE.faces, TRUE[NEUTRAL][list(MARKS)])
    with pytest.raises(MeshError, match="has 3 vertices"):
        scorer.score_prediction(
            f"a/{STEMS[1]}", Prediction(Mesh(np.eye(3), [[0, 1, 2]]), {"neutral": Mesh(TRUE[NEUTRAL], FACE.faces)})
        )


@pytest.mark.parametrize("degrees", [0.0, 4.0])
def test_head_motion_is_removed_on_the_stable_region(tmp_path: Path, degrees: float) -> None:
    """The forehead does not move in any expression, so a turn of the head is all that moves it."""
    turn = random_similarity(np.random.default_rng(4), degrees, 0.0)
    heads = {stem: vertices if stem == NEUTRAL else turn.apply(vertices) for stem, vertices in TRUE.items()}
    write(tmp_path / "root/a", heads)
    forehead = np.flatnonzero(FACE.vertices[:, 1] > 55)
    np.save(tmp_path / "stable.npy", forehead)
    stable = Scorer("rig", tmp_path / "root", choice=Choice(changes=(f"stable={tmp_path / 'stable.npy'}",)))
    found = _score(stable, moving(person(), motions(0.5)))
    # Bumps end at 1e-3 mm there, which turns the face by as little.
    assert _of(found, "amplitude") == pytest.approx(0.5, abs=0.01)
    assert _of(found, "head_mm") == pytest.approx(0, abs=0.05)
    itself = _score(stable, heads)
    assert _of(itself, "motion_mm") == pytest.approx(0, abs=1e-9)
    assert degrees == 0 or (_of(itself, "head_mm") > 100).all()
    unmoved = _score(stable, dict.fromkeys(STEMS, person()))
    assert (_of(unmoved, "motion_r2") == 0).all()


def test_only_the_mask_counts(tmp_path: Path) -> None:
    write(tmp_path / "root/a", TRUE)
    lower = np.flatnonzero(FACE.vertices[:, 1] < 0)
    (tmp_path / "mask.json").write_text(str(lower.tolist()))
    masked = Scorer("rig", tmp_path / "root", choice=Choice(changes=(f"mask={tmp_path / 'mask.json'}",)))
    spoilt = changed(TRUE, np.copy)
    for vertices in spoilt.values():
        vertices[FACE.vertices[:, 1] > 30] += [0, 0, 40]
    found = _score(masked, spoilt)
    assert _of(found, "motion_mm") == pytest.approx(0, abs=1e-9)
    assert _of(found, "rig_mm") == pytest.approx(0, abs=1e-9)
    assert "mask:" in masked.benchmark.signature and "mask:none" not in masked.benchmark.signature
