"""Finding an adapter by its name."""

import difflib
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Mesh
from fsbench.submissions import own
from fsbench.submissions.adapter import AdapterLike
from fsbench.submissions.frame import FRAMES, Frame
from fsbench.submissions.published import OTHERS, PUBLISHED

_PUBLISHED = {adapter.name: adapter for adapter in PUBLISHED}
_OTHERS = {adapter.name: adapter for adapter in OTHERS}


def names() -> tuple[str, ...]:
    """All names that `get` knows: published methods, frames, then what installed packages add."""
    built_in = (*_PUBLISHED, *FRAMES, *_OTHERS)
    return (*built_in, *(name for name in own.entry_point_names() if name not in built_in))


def get(name: str) -> AdapterLike:
    """The adapter of that name.

    Parameters
    ----------
    name : str
        A published method, a frame ("pixels", "ortho", "cv", "gl", without options), a name in the entry-point group
        `fsbench.adapters`, or FILE.py:function. Upper and lower case differ. A built-in name wins over an installed
        one.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest.

    Examples
    --------
    >>> get("DECA").name
    'DECA'
    """
    if name in _PUBLISHED:
        return _PUBLISHED[name]
    if name in _OTHERS:
        return _OTHERS[name]
    if name in FRAMES:
        return Frame(name)
    if name in own.entry_point_names():
        found: AdapterLike = own.from_entry_point(name)
        return found
    if ".py" in name:
        return own.from_file(name)
    raise UsageError(_unknown(name))


def load(method: str, folder: str | Path, sample: str, focal_px: float | None = None) -> Mesh:
    """One prediction of a method, in the benchmark's camera frame.

    Parameters
    ----------
    method : str
        As for `get`.
    folder : path
        The method's files for one benchmark.
    sample : str
        Name of the sample, e.g. "000" or "00_0_05".
    focal_px : float, optional
        Focal length of the benchmark's camera in pixels of the 256 px image, which every sample in the lab has:
        `benchmark.focal_px(benchmark.sample(name))` of `fsbench.open_benchmark("fslab", root)` says it. None in the
        wild. Without it a published method's mesh is placed as in the wild, also if it is one of the lab, where it
        would lie behind the camera.

    Returns
    -------
    Mesh
        Without `focal_px`: ortho frame (x right, y up, z towards the viewer, the image is [-1, 1]^2), mean z -2.
        With it: cv frame (camera at the origin, x right, y down, z away from it), y extent 3.

    Raises
    ------
    UsageError, MissingError, FormatError, MeshError
        As `Adapter.load`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> folder = TemporaryDirectory()
    >>> _ = Path(folder.name, "00_0_05.obj").write_text("v 90 90 0\\nv 160 90 9\\nv 128 170 0\\nf 1 2 3")
    >>> lab = load("3DDFA_V2", folder.name, "00_0_05", focal_px=1200)
    >>> wild = load("3DDFA_V2", folder.name, "00_0_05")
    >>> bool(lab.vertices[:, 2].min() > 0), bool(wild.vertices[:, 2].max() < 0)
    (True, True)
    >>> folder.cleanup()
    """
    return get(method).load(folder, sample, focal_px)


def _unknown(name: str) -> str:
    known = names()
    folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    hint = f"Did you mean {folded[near[0]]}?" if near else f"Known are {', '.join(known)}."
    return f"there is no adapter {name!r}. {hint} For your own method, see `fsbench adapters`"
