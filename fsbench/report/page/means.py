"""The mean error maps of a chapter, and where methods differ, ready to be shown."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.report.page.faces import Wish, kept
from fsbench.report.page.mean_maps import ALPHA, FEWEST_CLUSTERS, N_FLIPS, Stack, difference
from fsbench.runs import Run
from fsbench.runs.maps import GridMap, encode
from fsbench.stats import gather
from fsbench.stats.layout import OVERALL, default_layouts, layout

_FEWEST_MAPS = 2
NOTHING_ASKED = Wish()


def means(
    runs: Sequence[Run], labels: Sequence[str], folders: Sequence[Path], wish: Wish = NOTHING_ASKED
) -> dict[str, Any] | None:
    """Mean maps by bin and method, and differences of the first method from each other; None without kept maps.

    Returns
    -------
    dict
        `bins`: titles; `maps`: (bin, method, signed, encoded map); `differences`: (bin, method, encoded map);
        `notes` for the reader.
    """
    scores, places = gather(runs), _places(runs)
    maps = [kept(run, folder, wish.hidden(run)) for run, folder in zip(runs, folders, strict=True)]
    there = np.array([any(one is not None for one in of) for of in zip(*maps, strict=True)])
    groups = np.stack([inside[there] for _, inside in places])
    found: dict[str, Any] = {"bins": [title for title, _ in places], "maps": [], "differences": [], "notes": []}
    first: Stack | None = None
    for r, (contents, label) in enumerate(zip(maps, labels, strict=True)):
        stack = Stack.of([one for one, is_there in zip(contents, there, strict=True) if is_there], groups)
        if stack.n_maps < _FEWEST_MAPS:
            found["notes"].append(f"{label}: {stack.n_maps} error maps on a grid were kept; score with --keep-maps.")
            continue
        for b, signed in product(range(len(places)), (False, True)):
            surface = stack.mean(b, signed=signed)
            if surface is not None:
                found["maps"].append((b, r, signed, _encoded(surface)))
        if r == 0:
            first = stack
        elif first is not None:
            found["differences"] += _differences(first, stack, r, scores.clusters[there])
    if not found["maps"]:
        return None
    unit = scores.unit
    found["notes"] += [
        "A mean is shown where at least half of the maps have an error, on the mean surface of the samples.",
        f"Differences of the first method from another, paired by sample, over {unit}s: sign flips of whole {unit}s, "
        f"the largest |t| of the face, {N_FLIPS:,} flips, so {100 * (1 - ALPHA):.0f} % corrected for all points. "
        f"They take {FEWEST_CLUSTERS} or more {unit}s; where none is shown to differ, the face is grey.",
    ]
    return found


def _differences(
    first: Stack, stack: Stack, r: int, clusters: np.ndarray
) -> list[tuple[int, int, float, int, bytes | None]]:
    found = []
    for b in range(len(first.groups)):
        one = difference(first, stack, b, clusters)
        content = None if one.surface is None else _encoded(one.surface)
        found.append((b, r, one.share, one.n_clusters, content))
    return found


def _places(runs: Sequence[Run]) -> list[tuple[str, np.ndarray]]:
    """Title and members of the whole and of every bin of the first layout."""
    divided = [layout(runs, OVERALL), layout(runs, default_layouts(runs[0])[0])]
    places = [(bin_.title, one.members(runs[0].samples, bin_).to_numpy()) for one in divided for bin_ in one.bins]
    return list({title: (title, inside) for title, inside in places}.values())


def _encoded(surface: GridMap) -> bytes:
    return encode(surface, {"mean": float(np.abs(surface.distances_mm).mean())}, finest_mm=0.05)
