"""fsbench score with meshes that crash, hang or swell, and unreadable files: a row each, the others as ever."""

import textwrap
from pathlib import Path

import pytest

import fsbench
from tests.cli.commands import fsbench as run

SAMPLES = ("000", "100", "200", "300")
METHOD = "pred/wild_pred/mean-face"

ADAPTER = """
    import ctypes, threading
    from pathlib import Path
    from fsbench import submissions as adapters

    def load(folder, sample, focal_px):
        trouble = Path(folder, sample + ".trouble")
        what = trouble.read_text() if trouble.exists() else ""
        if what == "crash":
            ctypes.string_at(0)
        if what == "hang":
            threading.Event().wait()
        if what == "hog":
            return bytearray(64 << 30)
        return adapters.load("3DDFA_V2", folder, sample, focal_px)
"""


@pytest.fixture
def predictions(sample: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in (sample / METHOD).glob("*.obj"):
        (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def score(capsys, sample: Path, predictions: Path, tmp_path: Path):
    (tmp_path / "own.py").write_text(textwrap.dedent(ADAPTER))

    def command(name: str, *more: object):
        arguments = ("score", "fswild", "--root", sample, "--pred", predictions, "-a", f"{tmp_path / 'own.py'}:load")
        answer = run(capsys, *arguments, "--out", tmp_path / name, "--samples", ",".join(SAMPLES), *more)
        return answer, fsbench.load_run(tmp_path / name).samples.drop(columns="seconds").set_index("sample")

    return command


def test_each_trouble_is_a_row_and_the_others_are_unchanged(score, predictions: Path) -> None:
    _, undisturbed = score("undisturbed")
    for sample, trouble in (("000", "crash"), ("100", "hang"), ("200", "hog")):
        (predictions / f"{sample}.trouble").write_text(trouble)
    answer, rows = score("disturbed", "--jobs", 2, "--timeout", 3, "--memory", "4G")
    assert answer.code == 1
    assert list(rows["status"]) == ["failed", "failed", "failed", "ok"]
    assert "SIGSEGV" in rows.reason["000"]
    assert rows.reason["100"] == "took longer than 3 s, the limit for one sample; see --timeout"
    assert rows.reason["200"] == "out of memory: a sample may take 4,096 MiB, see --memory"
    assert rows.loc["300"].equals(undisturbed.loc["300"])
    assert all(reason in answer.err for reason in rows.reason)


def test_limits_guard_a_single_job_too(score, predictions: Path) -> None:
    (predictions / "100.trouble").write_text("crash")
    answer, rows = score("one", "--timeout", 60)
    assert answer.code == 1
    assert list(rows["status"]) == ["ok", "failed", "ok", "ok"]


def test_an_unreadable_file_is_a_row(score, predictions: Path) -> None:
    (predictions / "000.obj").unlink()
    (predictions / "000.obj").mkdir()
    (predictions / "100.obj").unlink()
    (predictions / "100.obj").symlink_to(predictions / "100.obj")  # to itself: the system refuses to open it
    (predictions / "200.obj").unlink()
    (predictions / "200.obj").write_bytes(b"\x00\xff" * 1000)
    answer, rows = score("unreadable", "--jobs", 2)
    assert answer.code == 1
    assert list(rows["status"])[3] == "ok" and "ok" not in list(rows["status"])[:3]
    assert rows.reason.str.len().gt(0).sum() == 3


def test_a_damaged_cache_entry_changes_nothing(score, own_cache: Path) -> None:
    _, first = score("first")
    entries = sorted(own_cache.rglob("*.prepared"))
    assert len(entries) == 4
    entries[0].write_bytes(b"damaged")
    entries[1].write_bytes(entries[1].read_bytes()[:-1])
    _, second = score("second", "--jobs", 2)
    _, without = score("without", "--no-cache")
    assert first.equals(second) and first.equals(without)


def test_no_cache_leaves_nothing_behind(score, own_cache: Path) -> None:
    score("without", "--no-cache")
    assert not own_cache.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--memory", "much"), "expected a size such as"),
        (("--shard", "3/2"), "expected I/N"),
        (("--shard", "1/9"), "only 4 samples"),
        (("--engine", "dask"), "--scheduler ADDRESS"),
        (("--scheduler", "tcp://x:1"), "--engine dask"),
    ],
)
def test_options_that_make_no_sense_are_refused(capsys, sample: Path, tmp_path: Path, arguments, message: str) -> None:
    command = (
        "score",
        "fswild",
        "--root",
        sample,
        "--pred",
        sample / METHOD,
        "-a",
        "3DDFA_V2",
        "--out",
        tmp_path / "r",
    )
    answer = run(capsys, *command, "--samples", ",".join(SAMPLES), *arguments)
    assert answer.code == 2 and message in answer.err
