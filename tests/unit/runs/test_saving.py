"""A run that is written row by row has the bytes of one that was put together in memory."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsbench.runs import Record, assemble, load_run
from fsbench.runs.saving import Saved, save

METRICS = ("cd_mm", "cr")
MANIFEST = {"benchmark": "fswild", "method": 'mine, "yours"', "signature": "fswild|v1"}
RECORDS = (
    Record("000", "ok", "", {"cd_mm": 0.1 + 0.2, "cr": 1e-7}, 0.123456),
    Record("001", "missing", 'no prediction, "näher" gelegen'),
    Record("002", "ok", "", {"cd_mm": 12345678.9, "cr": float("nan")}, 2),
    Record("003", "ok", "", {"cd_mm": 1, "cr": 0.1}),
)
BINS = {record.sample: {"pose_deg": "0-5", "side": ""} for record in RECORDS}


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_both_ways_write_the_same_bytes_and_count_the_same(tmp_path: Path, n: int) -> None:
    bins = dict(list(BINS.items())[:n])
    saved = save(tmp_path / "rows", RECORDS[:n], bins, METRICS, MANIFEST)
    run = assemble(RECORDS[:n], bins, METRICS, MANIFEST)
    run.save(tmp_path / "table")
    for name in ("samples.csv", "run.json"):
        assert (tmp_path / "rows" / name).read_bytes() == (tmp_path / "table" / name).read_bytes()
    assert saved == Saved.of(run)
    assert dict(saved.counts) == run.counts and len(saved.lost) == (n > 1)


def test_a_run_that_is_read_and_written_again_has_the_same_bytes(tmp_path: Path) -> None:
    save(tmp_path / "a", RECORDS, BINS, METRICS, MANIFEST)
    load_run(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a/samples.csv").read_bytes() == (tmp_path / "b/samples.csv").read_bytes()


@pytest.mark.parametrize("records", [RECORDS[:3], RECORDS[::-1], (*RECORDS, RECORDS[0])])
def test_records_of_other_samples_are_a_bug_and_write_nothing(tmp_path: Path, records: tuple[Record, ...]) -> None:
    with pytest.raises(ValueError):
        save(tmp_path, records, BINS, METRICS, MANIFEST)
    assert not list(tmp_path.iterdir())


def test_a_long_run_takes_no_more_memory_than_its_names(tmp_path: Path) -> None:
    bins = {f"{i:06d}": BINS["000"] for i in range(3000)}

    def records() -> Iterator[Record]:
        for name in bins:
            yield Record(name, "ok", "", {"cd_mm": 1 / 3, "cr": 2 / 3}, 0.1)

    tracemalloc.start()
    save(tmp_path, records(), bins, METRICS, MANIFEST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000 * 60
