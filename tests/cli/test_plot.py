"""`fsbench plot` as a user types it."""

from pathlib import Path

import pytest

from fsbench.benchmarks import load_spec
from fsbench.runs import Record, assemble
from tests.cli.commands import fsbench


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    samples = load_spec("fslab").samples
    records = [
        Record(sample.name, "ok", scores={"cd_mm": 2 + i % 7, "mne_rad": 0.1, "cr": 0.9})
        for i, sample in enumerate(samples)
    ]
    manifest = {"benchmark": "fslab", "method": "Alpha", "signature": "test|v1"}
    bins = {sample.name: dict(sample.bins) for sample in samples}
    assemble(records, bins, ["cd_mm", "mne_rad", "cr"], manifest).save(folder)
    return folder


@pytest.mark.parametrize(("name", "magic"), [("f.png", b"\x89PNG"), ("f.SVG", b"<?xml"), ("f.pdf", b"%PDF")])
def test_file_and_caption(capsys, run, tmp_path, name, magic):
    answer = fsbench(capsys, "plot", run, "--by", "focal", "-o", tmp_path / name)
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.startswith("FaceScape in the lab, by focal length: mean error")
    assert "other way round" in answer.err
    assert answer.err.endswith(" Measured as test v1 · 8cb5ec.\n")
    assert (tmp_path / name).read_bytes().startswith(magic)


@pytest.mark.parametrize("kind", ["distribution", "cumulative", "cd-cr", "means"])
def test_kinds(capsys, run, tmp_path, kind):
    answer = fsbench(capsys, "plot", run, "--kind", kind, "-o", tmp_path / "f.svg", "--style", "talk")
    assert answer.code == 0
    assert (tmp_path / "f.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "f.gif"), "should end in .png, .svg or .pdf"),
        (("-o", "no/f.svg"), "there is no folder"),
        (("-o", "f.svg", "--by", "age"), "can be divided by"),
        (("-o", "f.svg", "--metric", "f1"), "no metric 'f1'"),
    ],
)
def test_wrong_use(capsys, run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    answer = fsbench(capsys, "plot", run, *arguments)
    assert answer.code == 2
    assert message in answer.err
    assert list(tmp_path.iterdir()) == []
