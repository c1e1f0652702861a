"""The verdicts of a chapter, as `fsbench compare` gives them for the same runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from fsbench.report.comparison import Grid, grids, in_words, notes
from fsbench.report.selection import main_of_samples, relabelled
from fsbench.runs import Run
from fsbench.stats import PAIRS, POLICIES, compare

_SHOWN = ("first", "neighbours")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One comparison: `fsbench compare --policy POLICY --pairs PAIRS`."""

    policy: str
    pairs: str
    words: tuple[str, ...]
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]


def verdicts(runs: Sequence[Run], labels: Sequence[str]) -> list[Verdict]:
    """By policy and choice of pairs; none where there is nothing to compare."""
    if len(runs) < 2:
        return []
    shown = relabelled(runs, labels)
    found = []
    for policy in POLICIES:
        for pairs in _SHOWN if len(runs) > 2 else _SHOWN[:1]:
            chosen = cast(Literal["first", "neighbours"], pairs)
            one = compare(shown, policy=policy, metrics=[main_of_samples(runs[0])], pairs=chosen)
            found.append(Verdict(policy, pairs, tuple(in_words(one)), tuple(grids(one)), tuple(notes(one))))
    return found


def pairs_in_words(found: Sequence[Verdict]) -> dict[str, str]:
    """The choices of pairs that there are, and what they mean."""
    return {one.pairs: PAIRS[one.pairs] for one in found}
