"""What a run says of its columns, and what is made of a run.json that somebody else wrote."""

import json
from pathlib import Path

import pytest

from fsbench.core.errors import FormatError
from fsbench.core.quantities import Quantity
from fsbench.protocols.known_quantities import known_quantities
from fsbench.runs import Record, Run, assemble, load_run
from fsbench.runs.merge import merge

EAR = Quantity("ear_mm", "Ear", "mm", 1, "lower")


def new_run(manifest: dict[str, object], metrics: tuple[str, ...] = ("ear_mm", "cd_mm")) -> Run:
    records = [Record(name, "ok", scores=dict.fromkeys(metrics, 1.0)) for name in ("a", "b")]
    about = {"benchmark": "bench", "method": "M", "signature": "bench|v1"}
    return assemble(records, {"a": {}, "b": {}}, metrics, about | manifest)


def test_a_run_declares_its_columns(tmp_path: Path) -> None:
    new_run({"quantities": [EAR.as_dict()]}).save(tmp_path)
    run = load_run(tmp_path)
    assert run.quantity("ear_mm") == EAR
    assert run.quantity("std_of_ear_mm").heading == "Ear std (mm)"
    assert run.quantity("pooled_mean_mm").pooled == "points"
    # It says what its columns are, and of cd_mm it says nothing.
    assert run.quantities == {"ear_mm": EAR, "cd_mm": Quantity("cd_mm", "Cd mm")}


def test_a_run_of_an_earlier_version_has_the_columns_of_the_protocols() -> None:
    run = new_run({})
    assert run.quantities == {"ear_mm": Quantity("ear_mm", "Ear mm"), "cd_mm": known_quantities()["cd_mm"]}


@pytest.mark.parametrize(
    ("quantities", "message"),
    [
        ("cd_mm", "expected a list"),
        ({"cd_mm": {}}, "expected a list"),
        ([["cd_mm"]], "an object with name and label, found a list"),
        ([{"name": "cd_mm", "label": "CD", "better": "up"}], "better cannot be 'up'"),
        ([EAR.as_dict(), EAR.as_dict()], "'ear_mm' is listed twice"),
        ([{"name": "ear_mm", "label": "Ear", "pooled": "points"}], "a value a sample"),
        ([{"name": f"n{i}", "label": "N"} for i in range(10_001)], "expected a list of at most"),
    ],
)
def test_quantities_that_cannot_be_are_refused(tmp_path: Path, quantities: object, message: str) -> None:
    new_run({}).save(tmp_path)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"quantities": quantities}))
    with pytest.raises(FormatError, match=rf"run\.json: quantities: .*{message}"):
        load_run(tmp_path)


def test_merged_runs_keep_what_the_parts_declare() -> None:
    def part(number: int, what: Quantity) -> Run:
        shard = {"shard": {"number": number, "of": 2}, "settings": {"samples": "all"}}
        run = new_run(shard | {"quantities": [what.as_dict()]})
        counts = {**run.counts, "ok": 1}
        return Run(run.samples[number - 1 : number].reset_index(drop=True), {**run.manifest, "counts": counts})

    assert merge([part(1, EAR), part(2, EAR)]).quantity("ear_mm") == EAR
    with pytest.raises(Exception, match="differ in quantities"):
        merge([part(1, EAR), part(2, Quantity("ear_mm", "Ear", "mm", 1, "higher"))])
