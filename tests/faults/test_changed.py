"""What all samples of a run share is edited in its middle: the run stops, as its rows would not compare."""

import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.benchmarks import Choice
from fsbench.core.errors import FsbenchError
from fsbench.core.resources import folder
from tests.cli.commands import fsbench as run

METHOD = "pred/wild_pred/mean-face"
SAMPLES = "000,100,200,300"
ADAPTER = """
    import time
    from pathlib import Path
    from fsbench import submissions as adapters

    def load(folder, sample, focal_px):
        edited = Path(__file__).with_name("edited")
        # A run looks at 100 and 300 before it begins; 300 is the last one that it scores.
        if sample == "000" and edited.exists():
            edited.replace(Path(__file__).with_name("edited_path").read_text())
        while sample == "200" and edited.exists():
            time.sleep(0.01)
        return adapters.load("3DDFA_V2", folder, sample, focal_px)
"""


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("what", ["own.py", "wild_pupil_scales.npy", "own.toml"])
def test_a_run_stops_where_what_its_samples_share_is_edited(
    capsys, sample: Path, tmp_path: Path, jobs: int, what: str
) -> None:
    root, toml, adapter = tmp_path / "root", tmp_path / "own.toml", tmp_path / "own.py"
    shutil.copytree(sample, root)
    shutil.copy(folder("data_specs") / "fswild.toml", toml)
    adapter.write_text(textwrap.dedent(ADAPTER))
    path = {"own.py": adapter, "own.toml": toml}.get(what, root / "code/predef" / what)
    original, edited = path.read_bytes(), tmp_path / "edited"
    if what.endswith(".npy"):
        with edited.open("wb") as file:
            np.save(file, np.load(path) * 1.02)
    else:
        edited.write_text(path.read_text() + "\n# edited\n")
    (tmp_path / "edited_path").write_text(str(path))

    def score():
        options = ("--root", root, "--pred", sample / METHOD, "-a", f"{adapter}:load", "--samples", SAMPLES)
        return run(capsys, "score", toml, *options, "--jobs", jobs, "--out", tmp_path / "run")

    stopped = score()
    assert not edited.exists()
    assert stopped.code == 2, stopped
    assert "changed since the run began" in stopped.err and "samples" in stopped.err
    assert not (tmp_path / "run/run.json").exists()
    path.write_bytes(original)
    finished = score()
    assert finished.code == 0, finished.err
    again = run(capsys, "score", toml, "--root", root, "--pred", sample / METHOD, "-a", f"{adapter}:load",
                "--samples", SAMPLES, "--out", tmp_path / "again")  # fmt: skip
    assert again.code == 0
    one, other = (fsbench.load_run(tmp_path / name).samples["cd_mm"].tolist() for name in ("run", "again"))
    assert one == other


def test_a_benchmark_that_was_edited_after_it_was_opened_is_not_scored(sample: Path, tmp_path: Path) -> None:
    """Its signature is that of before, the scores would be those of after."""
    toml = tmp_path / "own.toml"
    shutil.copy(folder("data_specs") / "fswild.toml", toml)
    benchmark = fsbench.open_benchmark(str(toml), sample, Choice())
    toml.write_text(toml.read_text().replace('align = "depth-median"', 'align = "depth-median-rays"'))
    submission = fsbench.Submission(sample / METHOD, fsbench.adapters.get("3DDFA_V2"))
    with pytest.raises(FsbenchError, match="changed since the run began"):
        fsbench.score(benchmark, submission, samples="000")
