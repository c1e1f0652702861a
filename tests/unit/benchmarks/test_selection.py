"""Samples by name, range and wildcard."""

import pytest

from fsbench.benchmarks import Sample
from fsbench.benchmarks.selection import find, select
from fsbench.core.errors import UsageError

NAMES = ("S-1/neutral/a", "S-1/neutral/b", "S-1/selfie/a", "S-2/selfie/a", "end")
SAMPLES = tuple(Sample(name, {}) for name in NAMES)


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("end", [4]),
        ("end, S-1/neutral/a", [0, 4]),
        ("S-1/*", [0, 1, 2]),
        ("*/selfie/*", [2, 3]),
        ("S-1/neutral/b-S-2/selfie/a", [1, 2, 3]),
        ("S-2/selfie/a", [3]),
    ],
)
def test_a_dash_may_be_of_a_name_or_of_a_range(pattern: str, chosen: list[int]) -> None:
    assert [sample.name for sample in select(SAMPLES, pattern, "now")] == [NAMES[i] for i in chosen]


@pytest.mark.parametrize("pattern", ["S-3/*", "nobody", "S-1/neutral/a-nobody", " , "])
def test_what_names_no_sample_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"no (such )?sample"):
        select(SAMPLES, pattern, "now")


def test_an_unknown_name_is_answered_with_the_extent() -> None:
    with pytest.raises(UsageError, match="run from S-1/neutral/a to end"):
        find(SAMPLES, "x", "now")


def test_a_number_for_a_name_is_told_from_a_name_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="named by text, such as '000'"):
        find([Sample("000", {})], 0, "fswild")  # type: ignore[arg-type]
