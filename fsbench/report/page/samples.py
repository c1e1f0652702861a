"""The single samples behind a chapter."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fsbench.report.page.figures import of_metric
from fsbench.report.page.packing import packed
from fsbench.report.plots.placing import upper_end
from fsbench.report.selection import main_of_samples
from fsbench.runs import Run
from fsbench.runs.record import STATUSES


def of_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """Names and bins; then status, reason and scores of every method, (methods, samples, metrics).

    `end` is where an axis of the main metric ends, as shown.
    """
    table, metrics = runs[0].samples, runs[0].metrics
    main = main_of_samples(runs[0])
    values = np.concatenate([run.samples[main].to_numpy(np.float64) for run in runs])
    reasons = sorted({str(text) for run in runs for text in run.samples["reason"]})
    number = {text: i for i, text in enumerate(reasons)}
    return {
        "names": [str(name) for name in table["sample"]],
        "bins": {column: _coded([str(label) for label in table[column]]) for column in runs[0].bins},
        "metrics": [of_metric(runs[0].quantity(name)) for name in metrics],
        "main": metrics.index(main),
        "end": upper_end(values) * runs[0].quantity(main).factor,
        "statuses": list(STATUSES),
        "status": packed([[STATUSES.index(one) for one in run.samples["status"]] for run in runs], "|u1"),
        "reasons": reasons,
        "reason": packed([[number[str(text)] for text in run.samples["reason"]] for run in runs]),
        "scores": packed(np.stack([run.samples[metrics].to_numpy(np.float64) for run in runs])),
    }


def _coded(labels: Sequence[str]) -> dict[str, Any]:
    distinct = list(dict.fromkeys(labels))
    number = {label: i for i, label in enumerate(distinct)}
    return {"labels": distinct, "codes": packed([number[label] for label in labels])}
