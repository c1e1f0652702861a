"""`fsbench build inspect`: what is there to build from, whether it is whole, and in which unit."""

import shutil
import sys
from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put

if TYPE_CHECKING:
    from fsbench.build.inspecting import Section

_GAP = "  "
_LEAST_REMARK = 20


@click.command("inspect")
@click.argument("root", type=click.Path())
@click.option("--all", "every", is_flag=True, help="Read every head [the first of each subject].")
@click.option("--landmarks", type=click.Path(dir_okay=False), help="The 68 landmarks of all heads, as vertex numbers.")
def inspect(root: str, every: bool, landmarks: str | None) -> int:
    """Say what ROOT holds: FaceScape's TU models, bilinear models and multi-view captures, or a folder of heads.

    "pupils" is the distance of the pupils in the unit of the files, "factor" what makes it 62.85 mm. Exit code 1:
    something is missing or damaged, which a build would leave out.
    """
    from pathlib import Path

    from fsbench.build.inspecting import inspect as sections_of

    n_faults = 0
    for section in sections_of(Path(root), every, None if landmarks is None else Path(landmarks)):
        _show(section)
        n_faults += section.n_faults
    put(f"faults: {n_faults}" if n_faults else "no fault was found")
    return 1 if n_faults else 0


def _show(section: "Section") -> None:
    """A table whose rows are lines; on a terminal the remarks are cut where it ends."""
    from rich.cells import cell_len, set_cell_size

    put(section.title)
    table = [section.columns, *section.rows] if section.columns else []
    widths = [max(cell_len(cell) for cell in column) for column in zip(*table, strict=True)]
    room = shutil.get_terminal_size().columns - sum(widths[:-1]) - len(_GAP) * len(widths) if widths else 0
    for row in table:
        *cells, last = (" ".join(cell.split()) for cell in row)
        if sys.stdout.isatty() and cell_len(last) > max(room, _LEAST_REMARK):
            last = set_cell_size(last, max(room, _LEAST_REMARK) - 3) + "..."
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=False))
        put(f"{_GAP}{_GAP.join([*padded, last])}".rstrip())
    for remark in section.remarks:
        put(f"{_GAP}{' '.join(remark.split())}")
    put("")
