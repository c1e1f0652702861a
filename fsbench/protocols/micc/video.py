"""A video's frames: one measurement of theirs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.micc.quantities import OF_FRAMES

_NAMES = tuple(one.name for one in OF_FRAMES)


def mean_of_frames(measured: Sequence[AlignedMeasurement], n_frames: int, n_scans: int) -> AlignedMeasurement:
    """One measurement of a video's frames: the mean of every number, all distances."""
    first = measured[0]
    tables = [one.scores.values for one in measured]
    values = {name: float(np.mean([table[name] for table in tables])) for name in first.scores.values}
    values["suspicious"] = max(table["suspicious"] for table in tables)
    spread = float(np.std([table["score_mm"] for table in tables]))
    values |= dict(zip(_NAMES, (float(n_frames), spread, float(n_scans)), strict=True))
    doubts = tuple(dict.fromkeys(doubt for one in measured for doubt in one.scores.doubts))
    notes = tuple(dict.fromkeys(note for one in measured for note in one.scores.notes))
    distances = np.concatenate([one.ref_to_pred_mm for one in measured])
    return replace(first, scores=Scores(values, doubts, notes), ref_to_pred_mm=distances)
