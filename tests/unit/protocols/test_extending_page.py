"""What docs/extending.md shows, done: its code runs, and is the toy that the commands are tested with."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

import fsbench
from fsbench.benchmarks import spec_names
from fsbench.core.errors import UsageError
from fsbench.core.resources import folder
from fsbench.io import write_ply
from tests.heads import face_of, head
from tests.toys import ENTRY_POINTS, EXAMPLE, installed

PAGE = (Path(__file__).resolve().parents[3] / "docs/extending.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_block_of_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(_blocks("python")) == 4
    monkeypatch.chdir(tmp_path)
    for block in _blocks("python"):
        # A dataclass looks its module up.
        monkeypatch.setitem(sys.modules, "page", type(sys)("page"))
        exec(block, vars(sys.modules["page"]))


def test_the_protocol_shown_is_the_one_that_is_tested() -> None:
    shown = next(block for block in _blocks("python") if block.startswith("# nosetip/__init__.py"))
    assert shown.partition("\n")[2] == (EXAMPLE / "nosetip/__init__.py").read_text("utf-8")
    faces = next(block for block in _blocks("python") if block.startswith("# make_faces.py"))
    assert faces.partition("\n")[2] == (EXAMPLE / "make_faces.py").read_text("utf-8")
    _, toml, entry = _blocks("toml")
    assert toml == (EXAMPLE / "noses.toml").read_text("utf-8")
    assert entry == (EXAMPLE / "pyproject.toml").read_text("utf-8")
    (points,) = tomllib.loads(entry)["project"]["entry-points"].values()
    assert [f"{name} = {value}" for name, value in points.items()] == ENTRY_POINTS.splitlines()[1:2]


def test_the_smallest_benchmark_scores(tmp_path: Path) -> None:
    (tmp_path / "my-faces.toml").write_text(_blocks("toml")[0])
    for side in ("scans", "meshes"):
        (tmp_path / side).mkdir()
        write_ply(tmp_path / side / "ann.ply", face_of(head(40, 60)))
    benchmark = fsbench.open_benchmark(str(tmp_path / "my-faces.toml"), tmp_path / "scans")
    run = fsbench.score(benchmark, tmp_path / "meshes", tmp_path / "run")
    assert run.samples["ref_to_pred_mean_mm"].item() < 0.01
    scope: dict = {}
    exec(next(block for block in _blocks("python") if "share_below" in block), scope)
    assert scope["share_below"](tmp_path / "run", "ref_to_pred_mean_mm", 0.01) == 1.0


def test_every_key_of_a_benchmark_is_explained() -> None:
    explained = {
        word for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for word in re.findall(r"[\w_]+", row)
    }
    for name in spec_names():
        spec = tomllib.loads((folder("data_specs") / f"{name}.toml").read_text("utf-8"))
        # Names that the benchmark gives: of its bins, and of the protocol's metrics.
        own = {*spec.get("bins", {}), *spec.get("evaluator_difference", {})}
        for key, value in spec.items():
            parts = value if isinstance(value, list) else [value]
            inner = {word for part in parts if isinstance(part, dict) for word in part} - own
            assert {key, *inner} <= explained, f"{name}.toml: {sorted({key, *inner} - explained)}"


def test_the_toys_are_found_by_their_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsbench.protocols import registry

    with installed(tmp_path / "site"):
        assert {"nose-tip", "regions", "boxes"} <= set(registry.names())
        monkeypatch.delattr(type(registry.get("regions")), "prediction_files")
        registry.get.cache_clear()
        with pytest.raises(UsageError, match="both read_prediction and prediction_files"):
            registry.get("regions")
        assert registry.get("nose-tip").metrics[0] == "nose_tip_distance_mm"
    assert "nose-tip" not in registry.names()
