"""Protocols that fsbench does not know: what another package would bring, see docs/extending.md."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsbench.protocols import registry

FOLDER = Path(__file__).parent
EXAMPLE = FOLDER.parents[1] / "examples/nosetip"
ENTRY_POINTS = """\
[fsbench.protocols]
nose-tip = nosetip:PROTOCOL
regions = regions:PROTOCOL
boxes = boxes:PROTOCOL
"""


@contextmanager
def installed(site: Path) -> Iterator[None]:
    """Have the toys installed as another package would be, for this process and those that it starts."""
    about = site / "fsbench_toys-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fsbench-toys\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    before = list(sys.path)
    sys.path[:0] = [str(site), str(FOLDER), str(EXAMPLE)]
    registry.get.cache_clear()
    try:
        yield
    finally:
        sys.path[:] = before
        registry.get.cache_clear()
