"""Every example of `examples/` runs as its text says, in processes of its own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import fsbench
from tests.conftest import ROOT
from tests.test_package import build

EXAMPLES = ROOT / "examples"
EPOCHS_OF_A_CURVE = 7
NOTEBOOK = """
import json, sys
cells = json.loads(open(sys.argv[1], encoding="utf-8").read())["cells"]
for cell in cells:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), globals())
print("all cells ran")
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With `fsbench` as a command, figures that need no display, and temporary files that the test removes."""
    folders = [tmp_path / name for name in ("bin", "temporary")]
    for folder in folders:
        folder.mkdir()
    command = folders[0] / "fsbench"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m fsbench "$@"\n')
    command.chmod(0o755)
    path = os.pathsep.join([str(folders[0]), os.environ.get("PATH", "")])
    modules = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PATH": path, "PYTHONPATH": modules, "MPLBACKEND": "agg", "TMPDIR": str(folders[1])}


def _run(environment: dict[str, str], folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    call = [str(word) for word in command]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _python(environment: dict[str, str], folder: Path, *arguments: object) -> str:
    done = _run(environment, folder, sys.executable, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_listed() -> None:
    text = (EXAMPLES / "README.md").read_text("utf-8")
    there = {path.name for path in EXAMPLES.iterdir()} - {"README.md", "__pycache__"}
    assert set(re.findall(r"\]\(([^):/]+)\)", text)) == there


def test_the_notebook_is_one_that_jupyter_reads() -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    notebook = nbformat.read(EXAMPLES / "meshes_to_figure.ipynb", as_version=4)
    nbformat.validate(notebook)
    # Results of a machine are no part of the example.
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_the_notebook_leads_from_meshes_to_figures(environment: dict[str, str], tmp_path: Path) -> None:
    said = _python(environment, tmp_path, "-c", NOTEBOOK, EXAMPLES / "meshes_to_figure.ipynb")
    assert said.endswith("all cells ran\n")
    assert "A part of the benchmark: 8 of its 400 samples" in said
    (work,) = (tmp_path / "temporary").glob("tmp*/runs")
    assert (work.parent / "own.png").read_bytes().startswith(b"\x89PNG")
    assert (work.parent / "pose.pdf").read_bytes().startswith(b"%PDF")
    means = {run.name: fsbench.load_run(run).samples["cd_mm"].mean() for run in work.iterdir()}
    assert 0 < means["linear-weak"] < means["mean-face"]


def test_a_network_gets_better_on_the_benchmark(environment: dict[str, str], tmp_path: Path) -> None:
    for needed in ("torch", "torchmetrics"):
        pytest.importorskip(needed, reason="pip install 'fsbench[torch]'")
    sample = ("sample", "ROOT", "--wild", 4, "--subjects", 0, "--methods", "linear-weak")
    _python(environment, tmp_path, "-m", "fsbench", *sample)
    said = _python(environment, tmp_path, EXAMPLES / "training_loop.py", "ROOT", "curve.png")
    curve = [float(found) for found in re.findall(r"CD ([\d.]+) mm", said)]
    assert len(curve) == EPOCHS_OF_A_CURVE
    # It begins by looking anywhere and ends looking where the head looks.
    assert curve[-1] < curve[0] / 2
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_job_array_puts_together_what_one_run_gives(
    environment: dict[str, str], sample: Path, tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("Slurm's scripts are of a POSIX shell")
    text = (EXAMPLES / "job_array.sh").read_text("utf-8")
    first, last = map(int, re.findall(r"^#SBATCH.*--array=(\d+)-(\d+)", text, re.MULTILINE)[0])
    meshes = sample / "pred/lab_pred/mean-face"
    given = {"ROOT": str(sample), "PRED": str(meshes), "ADAPTER": "3DDFA_V2", "SLURM_CPUS_PER_TASK": "1"}
    for number in range(first, last + 1):
        slurm = {"SLURM_ARRAY_TASK_ID": str(number), "SLURM_ARRAY_TASK_COUNT": str(last - first + 1)}
        done = _run({**environment, **given, **slurm}, tmp_path, "bash", EXAMPLES / "job_array.sh")
        assert done.returncode == 0, done.stderr
    (merge,) = re.findall(r'--wrap "(fsbench merge .*)"', text)
    merged = _run(environment, tmp_path, "bash", "-c", merge)
    # Most of the benchmark is not in the sample: 1 says so.
    assert merged.returncode == 1, merged.stderr
    whole = fsbench.load_run(tmp_path / "runs/whole").samples.drop(columns="seconds")
    submission = fsbench.Submission(meshes, fsbench.adapters.get("3DDFA_V2"))
    one = fsbench.score(fsbench.open_benchmark("fslab", sample), submission).samples.drop(columns="seconds")
    assert (len(whole), int((whole["status"] == "ok").sum())) == (660, 33)
    assert whole.equals(one)


def test_a_job_whose_command_is_wrong_fails(environment: dict[str, str], sample: Path, tmp_path: Path) -> None:
    slurm = {"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_COUNT": "2"}
    given = {"ROOT": str(sample), "PRED": str(tmp_path / "nowhere"), "ADAPTER": "3DDFA_V2", **slurm}
    done = _run({**environment, **given}, tmp_path, "bash", EXAMPLES / "job_array.sh")
    assert done.returncode != 0
    assert "nowhere" in done.stderr


def test_a_dask_cluster_scores_what_one_process_does(environment: dict[str, str], sample: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="pip install 'fsbench[dask]'")
    meshes = sample / "pred/wild_pred/mean-face"
    done = _run(
        environment,
        tmp_path,
        *(sys.executable, EXAMPLES / "dask_cluster.py", sample, meshes, "3DDFA_V2", tmp_path / "run"),
    )
    # Most of the benchmark is not in the sample: 1 says so.
    assert done.returncode == 1, done.stderr
    rows = fsbench.load_run(tmp_path / "run").samples.drop(columns="seconds")
    submission = fsbench.Submission(meshes, fsbench.adapters.get("3DDFA_V2"))
    one = fsbench.score(fsbench.open_benchmark("fswild", sample), submission).samples.drop(columns="seconds")
    assert (rows["status"] == "ok").sum() == 4
    assert rows.equals(one)


def test_the_protocol_of_another_package_is_installed_and_scores(environment: dict[str, str], tmp_path: Path) -> None:
    # Building leaves files behind.
    shutil.copytree(EXAMPLES / "nosetip", tmp_path / "source")
    with zipfile.ZipFile(build("build_wheel", tmp_path / "source", tmp_path / "wheel")) as wheel:
        wheel.extractall(tmp_path / "site")
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "site"), environment["PYTHONPATH"]])
    _python(environment, tmp_path, EXAMPLES / "nosetip/make_faces.py")
    about = (EXAMPLES / "nosetip/noses.toml", "--root", "FACES", "--pred", "meshes")
    assert "nothing suspicious" in _python(environment, tmp_path, "-m", "fsbench", "check", *about)
    _python(environment, tmp_path, "-m", "fsbench", "score", *about, "--out", "runs/mine")
    rows = fsbench.load_run(tmp_path / "runs/mine").samples
    # Noses are 1, 2 and 3 mm too long; meshes are written as 32-bit numbers of some 100 mm.
    np.testing.assert_allclose(rows["nose_tip_distance_mm"], [1, 1, 2, 2, 3, 3], atol=1e-4)
    assert "2.00" in _python(environment, tmp_path, "-m", "fsbench", "table", "runs/mine")
