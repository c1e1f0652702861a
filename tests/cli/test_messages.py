"""What is said where somebody has made a mistake, one test a kind: what was found, where, what to try."""

import inspect
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fsbench as package
from fsbench.core.errors import FormatError, MeshError, UsageError
from tests.cli.commands import ctrl_c_after, fsbench

METHOD = "pred/wild_pred/mean-face"
HEAD = "ply\nformat {} 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
FACES = "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
NAN = float("nan")


def _score(capsys, sample: Path, pred: Path, out: Path, *more: str):
    return fsbench(capsys, "score", "fswild", "--root", sample, "--pred", pred, "-a", "3DDFA_V2", "--out", out, *more)


def test_an_unfinished_run_names_the_setting_that_differs(capsys, sample, tmp_path, monkeypatch, ctrl_c) -> None:
    with ctrl_c_after(monkeypatch, 1):
        assert _score(capsys, sample, sample / METHOD, tmp_path / "run").code == 130
    answer = _score(capsys, sample, sample / METHOD, tmp_path / "run", "--samples", "000")
    assert answer.code == 2
    assert "unfinished run with other settings:\n  settings.samples: 'all' there, ['000'] now\n" in answer.err
    for command in (["table"], ["plot", "-o", tmp_path / "x.png"], ["compare"], ["report", "-o", tmp_path / "x.html"]):
        answer = fsbench(capsys, *command, tmp_path / "run")
        assert (answer.code, answer.out) == (2, "")
        assert "run: this run was stopped, 1 of 400 samples are scored: the `fsbench score` command" in answer.err


def test_scans_are_not_complete_where_another_benchmark_is(capsys, sample: Path) -> None:
    answer = fsbench(capsys, "datasets", "--root", sample)
    lines = answer.out.splitlines()
    (scan,) = [i for i, line in enumerate(lines) if line.startswith("scan ")]
    n_meshes = sum(1 for path in sample.rglob("*") if path.suffix == ".obj")
    assert lines[scan + 1].strip() == f"takes every mesh under --root for a reference, here {n_meshes}"


@pytest.mark.parametrize("first", ["nothing", "some"])
def test_a_run_without_a_score_is_no_obstacle(capsys, sample: Path, tmp_path: Path, first: str) -> None:
    (tmp_path / "empty").mkdir()
    assert _score(capsys, sample, tmp_path / "empty", tmp_path / "nothing").code == 2
    assert _score(capsys, sample, sample / METHOD, tmp_path / "some").code == 1
    runs = [tmp_path / first, tmp_path / {"nothing": "some", "some": "nothing"}[first]]
    table = fsbench(capsys, "table", *runs, "--by", "overall")
    rows = {line.split()[0]: line.split()[1:] for line in table.out.splitlines() if line.startswith(("empty", "mean-"))}
    assert rows["empty"] == ["-", "-", "-", "0.0"]
    assert float(rows["mean-face"][0]) > 0
    assert fsbench(capsys, "plot", *runs, "-o", tmp_path / "x.svg").code == 0
    compared = fsbench(capsys, "compare", *runs)
    assert (compared.code, "no sample counts for both" in compared.out) == (0, True)


@pytest.mark.parametrize("name", [0, None, np.int64(17), ["000"], "0", "nobody"])
def test_a_sample_that_is_none_says_what_samples_look_like(sample: Path, name: object) -> None:
    scorer = package.Scorer("fswild", sample)
    with pytest.raises(UsageError, match=r"such as '000'|they run from 000 to 399"):
        scorer.score(name, np.eye(3), [[0, 1, 2]])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import json\n\nX = json.loads('{')\n", "mine.py, line 3: json.decoder.JSONDecodeError"),
        ("def load(folder, sample, focal):\n    return 3 +\n", "mine.py, line 2: SyntaxError"),
        ("import numpy\nnumpy.load('nowhere.npy')\n", "mine.py, line 2: FileNotFoundError"),
        ("def f():\n    raise KeyError(1)\n\n\nf()\n", "mine.py, line 2: KeyError: 1"),
    ],
)
def test_an_import_error_names_the_users_own_line(capsys, sample, tmp_path, code: str, said: str) -> None:
    (tmp_path / "mine.py").write_text(code)
    adapter = f"{tmp_path}/mine.py:load"
    answer = fsbench(capsys, "check", "fswild", "--root", sample, "--pred", sample / METHOD, "-a", adapter)
    assert answer.code == 2
    assert f"cannot be imported: {said}" in answer.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        # The first vertex is used by nothing, so that it does not count, but it is counted.
        ("a.obj", b"# v\nv 9 9 9\n\nv 0 0 0\n  v 1 0 nan\nv 0 1 0\nf 2 3 4\n", "vertex 3, counted from 1, in line 5"),
        ("a.off", b"OFF\n4 1 0\n9 9 9\n\n0 0 0\n1 0 nan\n0 1 0\n3 1 2 3\n", "vertex 2, counted from 0, in line 6"),
        (
            "a.ply",
            f"{HEAD.format('ascii')}{FACES}9 9 9\n0 0 0\n1 0 nan\n0 1 0\n3 1 2 3\n".encode(),
            "vertex 2, counted from 0, in line 12",
        ),
        (
            "b.ply",
            f"{HEAD.format('binary_little_endian')}{FACES}".encode()
            + struct.pack("<12fB3i", 9, 9, 9, 0, 0, 0, 1, 0, NAN, 0, 1, 0, 3, 1, 2, 3),
            "vertex 2, counted from 0$",
        ),
    ],
)
def test_a_vertex_that_is_no_point_is_counted_as_its_file_counts(
    tmp_path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    for every_vertex in (False, True):
        with pytest.raises(MeshError, match=f"NaN or infinite, the first is {said}"):
            package.read_mesh(tmp_path / name, every_vertex=every_vertex)


@pytest.mark.parametrize("text", ["v 0 0 0\nv 1 0", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2", "v 0 0 0\nv 1 0 -"])
def test_an_obj_that_ends_in_the_middle_of_a_line_may_be_cut_off(tmp_path: Path, text: str) -> None:
    (tmp_path / "cut.obj").write_text(text)
    with pytest.raises(FormatError, match=r"cut\.obj: line \d: .* Is the file cut off\?$"):
        package.read_mesh(tmp_path / "cut.obj")
    (tmp_path / "cut.obj").write_text(f"{text}\n")
    with pytest.raises(FormatError) as odd:
        package.read_mesh(tmp_path / "cut.obj")
    assert "cut off" not in str(odd.value)


def test_an_obj_that_ends_before_its_faces_may_be_cut_off(capsys, sample: Path, tmp_path: Path) -> None:
    shutil.copytree(sample / METHOD, tmp_path / "pred")
    mesh = tmp_path / "pred/000.obj"
    mesh.write_text(mesh.read_text().split("\nf ")[0] + "\n")
    assert "no faces: a point cloud has no surface. Is the file cut off?" in (
        _score(capsys, sample, tmp_path / "pred", tmp_path / "run", "--samples", "000").err
    )


def test_in_the_wild_nothing_is_said_of_depth_before_alignment(capsys, sample: Path) -> None:
    for benchmark, said in (("fswild", False), ("fslab", True)):
        pred = sample / f"pred/{'wild' if benchmark == 'fswild' else 'lab'}_pred/mean-face"
        answer = fsbench(capsys, "check", benchmark, "--root", sample, "--pred", pred, "-a", "3DDFA_V2")
        assert ("before depth alignment" in answer.out) is said, answer.out


def test_names_and_signatures_are_short_enough_to_read() -> None:
    assert {"Scorer", "score", "load_run", "read_mesh", "preload_open3d", "__version__"} <= set(dir(package))
    for function in (package.Scorer, package.Scorer.score, package.Mesh, package.score, package.adapters.Frame.apply):
        text = str(inspect.signature(function))
        assert "_SupportsArray" not in text and " at 0x" not in text and len(text) < 400, text


def test_open3d_may_be_imported_by_a_script_after_preloading(sample: Path) -> None:
    from fsbench.geometry.rays import is_available

    if not is_available():
        pytest.skip("open3d does not load here")
    code = "import fsbench; fsbench.preload_open3d(); import open3d; print(open3d.geometry.TriangleMesh().is_empty())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
