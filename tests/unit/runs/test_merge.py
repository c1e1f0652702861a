"""Parts of a run put together are the run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsbench.benchmarks import load_spec
from fsbench.core.errors import UsageError
from fsbench.runs import Record, Run, assemble, load_run
from fsbench.runs.merge import merge

ALL = load_spec("fswild").samples
METRICS = ("cd_mm", "cr")


def _run(samples, whole: object = "all", shard: tuple[int, int] | None = None, **changes: object) -> Run:
    records = [
        Record(sample.name, "missing", "no prediction")
        if int(sample.name) % 9 == 4
        else Record(sample.name, "ok", "", {"cd_mm": np.sqrt(int(sample.name)), "cr": 1 / (1 + int(sample.name))})
        for sample in samples
    ]
    manifest = {
        "benchmark": "fswild",
        "method": "mine",
        "signature": "fswild|v1",
        "settings": {"samples": whole, "root": "here"},
        "versions": {"fsbench": "1"},
        **changes,
    }
    if shard:
        manifest["shard"] = {"number": shard[0], "of": shard[1]}
    return assemble(records, {sample.name: sample.bins for sample in samples}, METRICS, manifest)


def _shards(n: int, samples=ALL, whole: object = "all") -> list[Run]:
    return [_run(samples[i::n], whole, (i + 1, n)) for i in range(n)]


@pytest.mark.parametrize("n", [1, 3, 7])
def test_shards_in_any_order_give_the_whole(n: int, tmp_path: Path) -> None:
    merged, whole = merge(_shards(n)[::-1]), _run(ALL)
    pd.testing.assert_frame_equal(merged.samples, whole.samples)
    assert merged.counts == whole.counts == merged.manifest["counts"]
    assert "shard" not in merged.manifest and merged.manifest["merged_from"] == n
    for run, folder in ((merged, "merged"), (whole, "whole")):
        run.save(tmp_path / folder)
    assert (tmp_path / "merged/samples.csv").read_bytes() == (tmp_path / "whole/samples.csv").read_bytes()
    assert load_run(tmp_path / "merged").signature == whole.signature


@pytest.mark.parametrize("older", [0, 1])
def test_a_shard_of_a_version_that_declared_no_columns_merges(older: int) -> None:
    declared = {"quantities": [{"name": name, "label": name} for name in METRICS]}
    shards = [_run(ALL[i::2], "all", (i + 1, 2), **({} if i == older else declared)) for i in range(2)]
    pd.testing.assert_frame_equal(merge(shards).samples, _run(ALL).samples)
    other = {"quantities": [{"name": name, "label": "Other"} for name in METRICS]}
    with pytest.raises(UsageError, match="the runs differ in quantities"):
        merge([_run(ALL[i::2], "all", (i + 1, 2), **(declared if i == older else other)) for i in range(2)])


def test_cautions_of_every_part_are_kept(tmp_path: Path) -> None:
    """Each part was looked at by itself; a run has at most a hundred, and thousands of parts."""
    own = [{"cautions": ["of all", f"{i}.obj: cut off?"]} for i in range(150)]
    merged = merge([_run(ALL[i::150], "all", (i + 1, 150), **own[i]) for i in range(150)])
    assert merged.manifest["cautions"][:3] == ["of all", "0.obj: cut off?", "1.obj: cut off?"]
    merged.save(tmp_path / "run")
    assert len(load_run(tmp_path / "run").manifest["cautions"]) == 20


def test_shards_of_chosen_samples_give_those() -> None:
    chosen = ALL[10:21]
    names = [sample.name for sample in chosen]
    merged = merge(_shards(4, chosen, names))
    assert list(merged.samples["sample"]) == names
    assert merged.manifest["settings"]["samples"] == names


def test_parts_chosen_by_hand_give_the_benchmark() -> None:
    parts = [_run(part, [sample.name for sample in part]) for part in (ALL[100:], ALL[:100])]
    merged = merge(parts)
    pd.testing.assert_frame_equal(merged.samples, _run(ALL).samples)
    assert merged.manifest["settings"]["samples"] == "all"


def test_a_missing_part_is_named() -> None:
    with pytest.raises(
        UsageError, match=r"shards are missing: 2/3 \(samples 001, 004, 007, 010, 013 and 128 more are in"
    ):
        merge([run for run in _shards(3) if run.manifest["shard"]["number"] != 2])
    with pytest.raises(UsageError, match="sample 399 is in none of the runs"):
        merge([_run(ALL[:399], [sample.name for sample in ALL[:399]])])


def test_a_missing_part_of_samples_that_are_not_known_is_named() -> None:
    """Scans are listed below the root, which a merge does not see."""
    first = _run(ALL[0::2], shard=(1, 2), benchmark="scan")
    with pytest.raises(UsageError, match=r"^shards are missing: 2/2; give their runs too$"):
        merge([first])
    chosen = [_run(part, [sample.name for sample in part], benchmark="scan") for part in (ALL[:9], ALL[9:])]
    with pytest.raises(UsageError, match=r"which samples scan has.*--shard"):
        merge(chosen)


def test_a_sample_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="samples 000, 001 are in more than one"):
        merge([_run(ALL[:2], ["000", "001"]), _run(ALL)])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"signature": "fswild|v2"}, "signature"),
        ({"method": "theirs"}, "method"),
        ({"versions": {"fsbench": "2"}}, "versions"),
        ({"settings": {"samples": "all", "root": "there"}}, "root"),
    ],
)
def test_parts_of_different_runs_are_refused(change: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=f"differ in .*{word}"):
        merge([_run(ALL[0::2], shard=(1, 2)), _run(ALL[1::2], shard=(2, 2), **change)])


def test_shards_of_different_wholes_are_refused() -> None:
    with pytest.raises(UsageError, match="different wholes"):
        merge([_run(ALL[0::2], shard=(1, 2)), _run(ALL[1::3], shard=(2, 3))])
