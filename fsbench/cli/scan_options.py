"""The options of `fsbench score` that only benchmarks of scans have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fsbench.core.choices import SCALES

F = TypeVar("F", bound=Callable[..., Any])

NAMES = ("landmarks", "pred_landmarks", "measure", "scale", "pred_unit", "reference_unit", "changes")

ROOT = "The benchmark's data: scans, or for FaceScape its folder with code/ and data/."

_OPTIONS = (
    click.option("--landmarks", metavar="WHERE",
                 help="Scans: a folder with a file for each, a pattern as '{sample}_marks.csv', or vertex indices "
                 "(a .json or .npy list, or 12,55,93)."),
    click.option("--pred-landmarks", metavar="WHERE", help="Scans: the same of the predictions."),
    click.option("--measure", metavar="NAME",
                 help="Scans: to the nearest points after ICP, or landmark-warp: to corresponding ones [nearest]."),
    click.option("--scale", type=click.Choice(SCALES),
                 help="Scans: whether the prediction's size is fitted [fitted]."),
    click.option("--pred-unit", metavar="UNIT",
                 help="Scans: um, mm, cm, dm, m, a number of millimetres (180), or auto [auto]."),
    click.option("--reference-unit", metavar="UNIT", help="Scans: the same of the scans [auto]."),
    click.option("--set", "changes", multiple=True, metavar="KEY=VALUE",
                 callback=lambda _context, _option, values: values or None,
                 help="Scans: another setting of the protocol, e.g. forehead_mm=50, up=+z, icp.trim=0.1."),
)  # fmt: skip


def scan_options(function: F) -> F:
    """Add the options; the command gets the keywords `NAMES`, each text or None, `changes` a tuple of texts or None."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
