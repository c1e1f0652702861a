"""Runs that a hand has changed, or somebody has sent: what cannot be is said in one sentence, and soon."""

import json
import math
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fsbench
from fsbench.benchmarks import load_spec
from fsbench.core.errors import FormatError, UsageError
from fsbench.runs import Record, Run, assemble, load_run
from fsbench.runs.journal import NAME, open_journal
from fsbench.runs.merge import merge
from fsbench.runs.saving import save

SPEC = load_spec("fswild")
SAMPLES = SPEC.samples[:4]
BINS = {sample.name: dict(sample.bins) for sample in SAMPLES}
METRICS = ("cd_mm", "mne_rad", "cr", "normal_deg", "inlier_share", "depth_shift_mm")
SCORES = dict(zip(METRICS, (1.0, 0.1, 0.9, 5.0, 1.0, -3.0), strict=True))
MANIFEST = {"benchmark": "fswild", "method": "mine", "signature": "fswild|v1"}

IMPOSSIBLE = [
    ("cd_mm", -0.1, "cd_mm is -0.1, expected a finite number, at least 0"),
    ("cd_mm", math.inf, "cd_mm is inf"),
    ("cd_mm", 1e300, "cd_mm is 1e\\+300"),
    ("mne_rad", 3.2, "mne_rad is 3.2, expected 0 to 3.14159"),
    ("cr", 1.1, "cr is 1.1, expected 0 to 1"),
    ("cr", -0.1, "cr is -0.1"),
    ("normal_deg", 181.0, "normal_deg is 181, expected 0 to 180"),
    ("inlier_share", 1.5, "inlier_share is 1.5"),
    ("depth_shift_mm", -math.inf, "depth_shift_mm is -inf"),
]


def run_with(**scores: float) -> Run:
    records = [Record(name, "ok", scores={**SCORES, **scores}) for name in BINS]
    return assemble(records, BINS, METRICS, MANIFEST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run_with().save(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def edit(folder: Path) -> Callable[..., Path]:
    def edit(**parts: Any) -> Path:
        path = folder / "run.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **parts}))
        return folder

    return edit


@pytest.mark.parametrize(("metric", "value", "message"), IMPOSSIBLE)
def test_a_number_outside_its_range_is_in_no_run(tmp_path: Path, metric: str, value: float, message: str) -> None:
    run = run_with(**{metric: value})
    run.save(tmp_path)
    with pytest.raises(FormatError, match=f"line 2, sample 000: {message}"):
        load_run(tmp_path)
    with pytest.raises(UsageError, match=message):
        merge([run])


@pytest.mark.parametrize(("metric", "value", "message"), IMPOSSIBLE)
def test_a_number_outside_its_range_is_in_no_journal(tmp_path: Path, metric: str, value: float, message: str) -> None:
    """Neither is it read from one, nor is a run lost that writes one."""
    with open_journal(tmp_path, {}) as journal:
        journal.append(Record("000", "ok", scores={**SCORES, metric: value}))
        journal.append(Record("001", "ok", scores=SCORES))
    with open_journal(tmp_path, {}) as journal:
        first, second = journal.records()
        assert (first.status, second.status) == ("failed", "ok")
        assert first.reason.startswith(f"bug: {metric} is ")
    path = tmp_path / NAME
    lines = path.read_text().splitlines(keepends=True)
    forged = {**json.loads(lines[2]), "sample": "002", "scores": {**SCORES, metric: value}}
    path.write_text("".join([*lines, json.dumps(forged) + "\n"]))
    with open_journal(tmp_path, {}) as journal:
        assert list(journal.places()) == ["000", "001"]


@pytest.mark.parametrize("line", ['{"forgotten": 5}', "[" * 5000, '{"seconds": 1e999}', "9" * 5000])
def test_a_line_of_a_journal_that_is_none_is_passed_over(tmp_path: Path, line: str) -> None:
    with open_journal(tmp_path, {}) as journal:
        journal.append(Record("001", "ok", scores=SCORES))
    with (tmp_path / NAME).open("a") as file:
        file.write(f"{line}\n")
    with open_journal(tmp_path, {}) as journal:
        assert list(journal.places()) == ["001"]


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1", "true"])
def test_seconds_and_scores_of_a_journal_are_numbers(tmp_path: Path, number: str) -> None:
    with open_journal(tmp_path, {}) as journal:
        journal.append(Record("001", "ok", scores={"cd_mm": 7.5}, seconds=2.5))
    path = tmp_path / NAME
    text = path.read_text()
    for old in ("7.5", "2.5"):
        path.write_text(text.replace(old, number))
        with open_journal(tmp_path, {}) as journal:
            assert not journal.places()


@pytest.mark.parametrize("header", ["5", '{"settings": 5}', "[" * 5000])
def test_a_journal_with_another_beginning_is_a_sentence(tmp_path: Path, header: str) -> None:
    (tmp_path / NAME).write_text(f"{header}\n")
    with pytest.raises(UsageError, match="its first line is not a journal's"), open_journal(tmp_path, {"a": 1}):
        pass


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"method": 5}, "method is 5, expected text"),
        ({"bins": "pose_deg"}, "bins is 'pose_deg', expected a list of names"),
        ({"bins": {"pose_deg": 1}}, "expected a list of names"),
        ({"metrics": [1, 2]}, "expected a list of names"),
        ({"metrics": ["cd_mm", "cd_mm"]}, "names the column 'cd_mm' twice"),
        ({"metrics": ["status"]}, "names the column 'status' twice"),
        ({"settings": "all"}, "settings is 'all', expected an object"),
        ({"suspicious": {"000": 1}}, "expected an object of texts"),
        ({"shard": 3}, "shard is 3, expected"),
        ({"shard": {"number": 3, "of": 2}}, "expected .* I from 1 to N"),
        ({"shard": {"number": 1, "of": "2"}}, "expected .* I from 1 to N"),
        ({"published_rows": -1}, "expected a count"),
        ({"published_rows": True}, "expected a count"),
        ({"published_rows": 1}, "4 scores, run.json says that 1 rows were published"),
        ({"references_missing": []}, "expected a count"),
        ({"wall_seconds": math.nan}, "expected seconds"),
        ({"counts": {"ok": 4}}, "run.json says"),
        ({"bins": ["nose_px"]}, "a run of fswild, whose runs have the column pose_deg; it has nose_px"),
    ],
)
def test_a_manifest_with_parts_of_other_types_is_a_sentence(
    edit: Callable[..., Path], parts: dict[str, Any], message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        load_run(edit(**parts))


@pytest.mark.parametrize(
    "text", ["5", "[]", "null", "[" * 100_000, '{"a":' * 100_000, '"' * 3_000_000, "[" + "9" * 5000]
)
def test_a_manifest_that_is_none_is_a_sentence(folder: Path, text: str) -> None:
    (folder / "run.json").write_text(text)
    with pytest.raises(FormatError, match=r"run\.json"):
        load_run(folder)


def test_ones_own_benchmark_may_have_the_name_and_other_columns(tmp_path: Path) -> None:
    bins = {name: {"side": "left"} for name in BINS}
    records = [Record(name, "ok", scores=SCORES) for name in bins]
    manifest = {**MANIFEST, "signature": "fswild@0123456789ab|v1"}
    assemble(records, bins, METRICS, manifest).save(tmp_path)
    from fsbench.stats.layout import layouts

    assert list(layouts(load_run(tmp_path))) == ["overall", "side"]


def test_a_hundred_million_shards_are_refused_within_a_second_and_200_megabytes(edit: Callable[..., Path]) -> None:
    """Limits by the system, not by a clock of ours: the processor's time, and the address space above what loads."""
    path = edit(shard={"number": 1, "of": 100_000_000}, settings={"samples": "all"})
    code = f"""
import resource, fsbench, pandas
from fsbench.runs.merge import merge
from fsbench.core.errors import UsageError
run = fsbench.load_run({str(path)!r})
pages = int(open("/proc/self/statm").read().split()[0])
used = resource.getrusage(resource.RUSAGE_SELF)
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (200 << 20),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 2,) * 2)
try:
    merge([run])
except UsageError as error:
    print(error)
"""
    if not Path("/proc/self/statm").is_file() or not hasattr(resource, "RLIMIT_AS"):
        pytest.skip("asks /proc how much memory a process has")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "shards are missing: 2/100000000, 3/100000000" in said
    assert "99,999,994 more" in said


def test_labels_that_begin_a_formula_are_inert_in_a_run_and_read_as_they_were(tmp_path: Path) -> None:
    bins = {"=cmd|' /C calc'!A0": {"side": "@left"}, "'=quoted": {"side": "-30"}, "-5": {"side": "+"}}
    records = [Record(name, "invalid", "=HYPERLINK(1)") for name in bins]
    run = assemble(records, bins, ["cd_mm"], {"benchmark": "own", "method": "+net", "signature": "own|v1"})
    run.save(tmp_path / "a")
    save(tmp_path / "b", records, bins, ["cd_mm"], {"benchmark": "own", "method": "+net", "signature": "own|v1"})
    text = (tmp_path / "a/samples.csv").read_text()
    assert text == (tmp_path / "b/samples.csv").read_text()
    cells = [cell for line in text.splitlines()[1:] for cell in line.split(",")]
    assert [cell for cell in cells if cell[:1] in ("=", "@", "+")] == []
    assert "-30" in cells and "-5" in cells, "numbers are left alone"
    again = fsbench.load_run(tmp_path / "a")
    assert list(again.samples["sample"]) == list(bins)
    assert list(again.samples["side"]) == ["@left", "-30", "+"]
    assert again.method == "+net" and set(again.samples["reason"]) == {"=HYPERLINK(1)"}
