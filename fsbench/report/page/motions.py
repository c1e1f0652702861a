"""Faces that move: the subjects whose motion the page shows, prediction beside truth."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.protocols import registry
from fsbench.protocols.measurement import Measurement, Motion
from fsbench.report.heatmaps.measured import PICKS, Source
from fsbench.report.heatmaps.recorded import opened
from fsbench.report.heatmaps.upright import outer_side, upright
from fsbench.report.heatmaps.views import scale_of
from fsbench.report.page.faces import Wish
from fsbench.report.page.packing import packed
from fsbench.runs import Run
from fsbench.runs.map_from_measurement import thinned
from fsbench.stats.layout import spec_of

BUDGET_BYTES = 3_000_000
"""Of the motions of a chapter where nobody said which: three subjects of 20 expressions, of about six methods."""
_VERTICES = 4_000
_STEP_MM = 0.02
_MOST_STEPS = 32_767


@dataclass(frozen=True, slots=True)
class _Person:
    """A subject, why it is shown, and its samples."""

    name: str
    pick: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What of a face is drawn: places, triangles between them, and how they are turned upright."""

    chosen: Ints
    faces: Ints
    rest: Floats
    turn: Floats

    @classmethod
    def of(cls, measured: Measurement, motion: Motion) -> "_View":
        turn = None
        if not measured.in_head_frame:
            turn = upright(measured.reference, measured.landmarks)
            turn = outer_side(measured.reference)[0] if turn is None else turn
        rest = Mesh(motion.rest_ref, motion.faces)
        chosen, faces = thinned(rest, np.linalg.norm(motion.ref, axis=1), _VERTICES, connected=True)
        return cls(chosen, faces, motion.rest_ref, np.eye(3) if turn is None else turn)

    def shown(self, points: Floats) -> Floats:
        """Offsets (n, 3), or places less the middle, as they are drawn: (3, k)."""
        found: Floats = self.turn @ points[self.chosen].T
        return found


def motions(runs: Sequence[Run], labels: Sequence[str], folders: Sequence[Path], wish: Wish) -> dict[str, Any] | None:
    """The motions of some subjects, measured again; None where the benchmark compares none.

    Returns
    -------
    dict
        `metric`; `limit_mm`, where colours end; `notes`; `subjects`, each with `name`, `pick`, `samples`, `faces`,
        `rest`, `truth` (samples, 3, n), and `methods`, (run, numbers of its samples, rest, offsets). Lengths are
        packed in steps.
    """
    metric = _metric_of(runs[0])
    if metric is None:
        return None
    found: dict[str, Any] = {"metric": metric, "limit_mm": 1.0, "subjects": [], "notes": []}
    errors: list[Floats] = []
    room = BUDGET_BYTES if wish.samples is None else None
    with ExitStack() as stack:
        doors = [_Door(run, folder, wish, stack) for run, folder in zip(runs, folders, strict=True)]
        left_out = []
        for person in _people(runs, metric, wish):
            if room is not None and room <= 0:
                left_out.append(person.name)
                continue
            shown = _shown(person, doors, errors)
            if shown is not None:
                found["subjects"].append(shown)
                room = None if room is None else room - _size(shown)
    if left_out:
        found["notes"].append(f"{', '.join(left_out)} would make the page too heavy: --samples or --all show more.")
    for why in dict.fromkeys(door.why for door in doors if door.why):
        lacking = [label for label, door in zip(labels, doors, strict=True) if door.why == why]
        found["notes"].append(f"No motion of {', '.join(lacking)}, as measuring again fails: {why}.")
    if errors:
        found["limit_mm"] = scale_of(errors)
    return found


def _metric_of(run: Run) -> str | None:
    spec = spec_of(run)
    metric = registry.get(spec.protocol).motion_metric if spec is not None else ""
    return metric if metric in run.metrics else None


def _people(runs: Sequence[Run], metric: str, wish: Wish) -> Iterator[_Person]:
    """Those that somebody asked for; else the worst, the median and the best one by the mean over all methods."""
    table = runs[0].samples
    table = table[~table["sample"].astype(str).isin(wish.hidden(runs[0]))]
    names = table["sample"].astype(str)
    owners = table["subject"].astype(str) if "subject" in table else names
    of = {owner: tuple(names[owners == owner]) for owner in dict.fromkeys(owners)}
    if wish.samples is not None:
        asked = {owner: tuple(name for name in mine if name in set(wish.samples)) for owner, mine in of.items()}
        yield from (_Person(owner, "", mine) for owner, mine in asked.items() if mine)
        return
    scores = np.stack([run.samples.set_index("sample")[metric].reindex(names).to_numpy(float) for run in runs])
    means = {owner: scores[:, (owners == owner).to_numpy()] for owner in of}
    ranked = sorted((float(np.nanmean(one)), owner) for owner, one in means.items() if np.isfinite(one).any())
    picked = _picked([owner for _, owner in ranked])
    yield from (_Person(owner, pick, of[owner]) for pick, owner in picked.items())


def _picked(ranked: Sequence[str]) -> Mapping[str, str]:
    """From the worst to the best."""
    if not ranked:
        return {}
    places = {"worst": len(ranked) - 1, "median": len(ranked) // 2, "best": 0}
    assert set(places) == set(PICKS), "one name for one thing"
    chosen: dict[str, str] = {}
    for pick, place in places.items():
        if ranked[place] not in chosen.values():
            chosen[pick] = ranked[place]
    return chosen


class _Door:
    """One run's files, opened when they are needed."""

    def __init__(self, run: Run, folder: Path, wish: Wish, stack: ExitStack) -> None:
        self._run, self._folder, self._wish, self._stack = run, folder, wish, stack
        self._source: Source | None = None
        self._ok = set(run.samples["sample"][run.samples["status"] == "ok"].astype(str))
        self.why = ""

    def measured(self, sample: str) -> Measurement | None:
        """None where the sample has no score, or cannot be measured again."""
        if self.why or sample not in self._ok:
            return None
        try:
            if self._source is None:
                pred = self._wish.preds.get(str(self._folder))
                self._source = self._stack.enter_context(opened(self._run, self._wish.root, pred))
            return self._source.measured(sample)
        except (FsbenchError, OSError) as error:
            self.why = str(error)
            return None


def _shown(person: _Person, doors: Sequence[_Door], errors: list[Floats]) -> dict[str, Any] | None:
    """One subject; None if no method moves it. Adds the lengths of the errors, (n,) each, to `errors`."""
    view: _View | None = None
    truth: dict[str, Floats] = {}
    rests: dict[int, Floats] = {}
    moved: dict[int, dict[str, Floats]] = {}
    for r, door in enumerate(doors):
        for name in person.samples:
            measured = door.measured(name)
            motion = None if measured is None else measured.motion
            if measured is None or motion is None:
                continue
            view = _View.of(measured, motion) if view is None else view
            truth[name] = view.shown(motion.ref)
            rests[r] = view.shown(motion.rest_pred - view.rest.mean(0))
            moved.setdefault(r, {})[name] = view.shown(motion.pred)
            errors.append(np.linalg.norm((motion.pred - motion.ref)[view.chosen], axis=1))
    if view is None:
        return None
    names = [name for name in person.samples if name in truth]
    return {
        "name": person.name,
        "pick": person.pick,
        "samples": names,
        "faces": packed(view.faces.T, "<u2"),
        "rest": _in_steps(view.shown(view.rest - view.rest.mean(0))),
        "truth": _in_steps(np.stack([truth[name] for name in names])),
        "methods": [
            [r, [names.index(name) for name in of], _in_steps(rests[r]), _in_steps(np.stack(list(of.values())))]
            for r, of in moved.items()
        ],
    }


def _in_steps(lengths_mm: Floats) -> dict[str, Any]:
    """Lengths as whole numbers of steps; steps are longer where a length would not fit into 16 bits."""
    step = max(_STEP_MM, float(np.abs(lengths_mm).max(initial=0.0)) / _MOST_STEPS)
    return {"step_mm": step, **packed(np.round(lengths_mm / step), "<i2")}


def _size(shown: Mapping[str, Any]) -> int:
    arrays = [shown["faces"], shown["rest"], shown["truth"], *(one for of in shown["methods"] for one in of[2:])]
    return sum(len(one["data"]) for one in arrays)
