"""The rig protocol on synthetic people, against the plain program that its design was measured with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsbench import Scorer
from fsbench.core.mesh import Mesh
from fsbench.io.write import write_ply
from fsbench.protocols.protocol import Prediction

PEOPLE, OWN_SEED = 2, 3
# Of the table's numbers: the plain program and fsbench differ by rounding alone where vertices correspond by number.
CLOSE = 1e-6


def _program(shared: Path, seed: int) -> tuple[dict[str, Any], str]:
    """Names that the plain program defines, and its loop over people, who are others with another seed."""
    text = (shared / "tools/rig_metric.py").read_text("utf-8")
    text = text.replace(
        '__import__("pathlib").Path(__file__).parent.parent', f'__import__("pathlib").Path({str(shared)!r})'
    )
    assert f"default_rng({OWN_SEED})" in text
    text = text.replace(f"default_rng({OWN_SEED})", f"default_rng({seed})")
    head, loop = text.split("out={k:[]")
    names: dict[str, Any] = {}
    exec(head, names)
    with names["z"] as held:
        names["z"] = dict(held)
    return names, "out={k:[]" + loop.split("print(")[0].replace("range(20)", f"range({PEOPLE})")


@pytest.mark.parametrize("seed", [OWN_SEED, 4])
def test_the_table_of_the_design_is_reproduced(shared: Path, tmp_path: Path, seed: int) -> None:
    theirs, loop = _program(shared, seed)
    state = theirs["rng"].bit_generator.state
    exec(loop, theirs)
    theirs["rng"].bit_generator.state = state
    z, face, key = theirs["z"], theirs["face"], theirs["KEY"]
    inverse = np.full(len(z["neutral"]), -1)
    inverse[face] = np.arange(len(face))
    faces = inverse[z["tri"][: int(z["n_narrow_tri"])]]
    names = list(key)
    found: dict[str, list[tuple[float, ...]]] = {kind: [] for kind in theirs["kinds"]}
    for subject in range(PEOPLE):
        identity, units = theirs["person"]()
        neutral = theirs["N"] + np.tensordot(identity, theirs["I"], 1)
        folder = tmp_path / f"root/{subject}"
        folder.mkdir(parents=True)
        write_ply(folder / "1_neutral.ply", Mesh(neutral, faces))
        for k, name in enumerate(names, 2):
            write_ply(folder / f"{k}_{name}.ply", Mesh(neutral + np.tensordot(key[name], units, 1), faces))
        scorer = Scorer("rig", tmp_path / "root")
        for kind in theirs["kinds"]:
            other, motion = theirs["rows"](kind, identity, units)
            rest = theirs["N"] + np.tensordot(other, theirs["I"], 1)
            for k, name in enumerate(names):
                shown = name if motion is not None else names[(k + 1) % len(names)]
                moved = rest + np.tensordot(key[shown], theirs["E"] if motion is None else motion, 1)
                prediction = Prediction(Mesh(moved, faces), {"neutral": Mesh(rest, faces)})
                one = scorer.score_prediction(f"{subject}/{k + 2}_{name}", prediction)
                found[kind].append(
                    (one.realigned_mm, one.corresponding_mm, one.motion_mm, one.true_motion_mm, one.motion_r2)
                )
    for kind, rows in found.items():
        expected = np.array(theirs["out"][kind])[:, :5].mean(0)
        assert np.mean(rows, axis=0) == pytest.approx(expected, rel=CLOSE, abs=CLOSE), kind
