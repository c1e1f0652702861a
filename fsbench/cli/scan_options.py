"""The options of `fsbench score` that benchmarks of scans have; a few serve others too."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fsbench.core.choices import SCALES

F = TypeVar("F", bound=Callable[..., Any])

NAMES = ("landmarks", "pred_landmarks", "measure", "scale", "pred_unit", "reference_unit", "changes")

ROOT = "The benchmark's data: scans, or for FaceScape its folder with code/ and data/."

_OPTIONS = (
    click.option("--landmarks", metavar="WHERE",
                 help="Landmarks of the references: a folder with a file for each, a pattern as "
                 "'{sample}_marks.csv', or vertex indices (a .json or .npy list, or 12,55,93) or places "
                 "[triangle, w1, w2] (a .json list)."),
    click.option("--pred-landmarks", metavar="WHERE", help="Landmarks of the predictions, given the same way; for "
                 "FaceScape vertex indices, for columns of the head's pose."),
    click.option("--measure", metavar="NAME",
                 help="Scans: measure to nearest points after ICP, or landmark-warp to corresponding ones [nearest]."),
    click.option("--scale", type=click.Choice(SCALES),
                 help="Scans: fit the prediction's size, or keep it as its unit says [fitted]."),
    click.option("--pred-unit", metavar="UNIT",
                 help="Scans: unit of predictions: um, mm, cm, dm, m, or a number of millimetres (180) [auto]."),
    click.option("--reference-unit", metavar="UNIT", help="Scans: unit of references, given the same way [auto]."),
    click.option("--set", "changes", multiple=True, metavar="KEY=VALUE",
                 callback=lambda _context, _option, values: values or None,
                 help="Scans: change a setting of the protocol, e.g. forehead_mm=50, up=+z, icp.trim=0.1."),
)  # fmt: skip


def scan_options(function: F) -> F:
    """Add the options; the command gets the keywords `NAMES`, each text or None, `changes` a tuple of texts or None."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
