"""A chapter of the page: the runs of one benchmark."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from fsbench.report.heatmaps.views import LIMIT_MM, scale_of
from fsbench.report.page import figures, samples
from fsbench.report.page.faces import Wish, gather
from fsbench.report.page.glyphs import for_plotly, svg
from fsbench.report.page.means import means
from fsbench.report.page.motions import motions
from fsbench.report.page.tables import Variant, layout_names, variants, warning
from fsbench.report.page.verdicts import Verdict, pairs_in_words, verdicts
from fsbench.report.plots.styles import MethodStyle
from fsbench.report.selection import main_of_samples, require_comparable
from fsbench.runs import Run
from fsbench.runs.maps import decode
from fsbench.stats.layout import OVERALL, default_layouts, spec_of


@dataclass(frozen=True, slots=True)
class Head:
    """The facts that a reader needs before the numbers.

    Attributes
    ----------
    title, signature, unit, citation : str
    methods : tuple of dict
        By run: `label`, `glyph`, `counts` by status, `versions`, `adapter`.
    cautions : tuple of str
    """

    title: str
    signature: str
    unit: str
    citation: str
    methods: tuple[dict[str, Any], ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One benchmark.

    Attributes
    ----------
    head : Head
    tables : tuple of Variant
    layouts : dict of str to str
        Name to title.
    verdicts : tuple of Verdict
    pairs : dict of str to str
    data : dict
        For the page's script; small except for its packed arrays.
    """

    head: Head
    tables: tuple[Variant, ...]
    layouts: dict[str, str]
    verdicts: tuple[Verdict, ...]
    pairs: dict[str, str]
    data: dict[str, Any]

    @property
    def n_methods(self) -> int:
        """Number of runs."""
        return len(self.head.methods)


def chapter(
    runs: Sequence[Run], labels: Sequence[str], folders: Sequence[Path], known: Sequence[MethodStyle], wish: Wish
) -> Chapter:
    """Gather what is shown of comparable runs.

    Parameters
    ----------
    runs : sequence of Run
        In the order of the rows.
    labels : sequence of str
    folders : sequence of Path
        Of the runs.
    known : sequence of MethodStyle
        A method looks the same in all chapters.
    wish : Wish

    Raises
    ------
    UsageError
        If the runs do not belong side by side.
    """
    labels = require_comparable(runs, labels)
    found = variants(runs, labels)
    legacy = {one.by: one.table for one in found if one.policy == "legacy"}
    faces, moving = gather(runs, labels, folders, wish), motions(runs, labels, folders, wish)
    cautions = [text for text in (warning(runs, labels),) if text]
    data = {
        "methods": [{"label": label, **for_plotly(look)} for label, look in zip(labels, known, strict=True)],
        "samples": samples.of_runs(runs),
        "error": [figures.error(table, main_of_samples(runs[0])) for table in legacy.values()],
        "distribution": figures.distribution(runs, labels, default_layouts(runs[0])[0]),
        "cumulative": figures.cumulative(runs, labels),
        "overall": list(legacy).index(OVERALL),
        "maps": [[r, name, _text(content)] for (r, name), content in faces.maps.items()],
        "means": _texts(means(runs, labels, folders, wish)),
        "limit_mm": _limit_mm(faces.maps.values()),
        "main": runs[0].quantity(main_of_samples(runs[0])).heading,
        "motions": moving,
        "notes": [*faces.notes, *(moving["notes"] if moving else ())],
    }
    layouts = {name: legacy[name].title for name in layout_names(runs[0])}
    compared = verdicts(runs, labels)
    head = _head(runs, labels, known, cautions)
    return Chapter(head, tuple(found), layouts, tuple(compared), pairs_in_words(compared), data)


def _limit_mm(maps: Collection[bytes]) -> float:
    """Where the colours of all faces of a chapter end, so that they can be compared."""
    return scale_of([np.abs(decode(content)[0].distances_mm) for content in maps]) if maps else LIMIT_MM


def _head(runs: Sequence[Run], labels: Sequence[str], known: Sequence[MethodStyle], cautions: Sequence[str]) -> Head:
    spec, first = spec_of(runs[0]), runs[0].manifest
    title = spec.title if spec is not None else str(first.get("title", runs[0].benchmark))
    methods = [_method(run, label, svg(look)) for run, label, look in zip(runs, labels, known, strict=True)]
    citation = spec.citation if spec is not None else ""
    return Head(title, runs[0].signature, str(first.get("unit", "")), citation, tuple(methods), tuple(cautions))


def _method(run: Run, label: str, glyph: Markup) -> dict[str, Any]:
    versions, settings = run.manifest.get("versions"), run.manifest.get("settings")
    adapter = settings.get("adapter") if isinstance(settings, dict) else None
    said = adapter.items() if isinstance(adapter, dict) else ()
    return {
        "label": label,
        "glyph": glyph,
        "counts": run.counts,
        "versions": ", ".join(f"{name} {value}" for name, value in versions.items())
        if isinstance(versions, dict)
        else "",
        "adapter": ", ".join(f"{name} {value}" for name, value in said if value not in (None, "", [], "found")),
    }


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _texts(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The same with text instead of bytes."""
    if found is None:
        return None
    maps = [[b, r, signed, _text(content)] for b, r, signed, content in found["maps"]]
    differences = [
        [b, r, share, n, None if content is None else _text(content)]
        for b, r, share, n, content in found["differences"]
    ]
    return {**found, "maps": maps, "differences": differences}
