"""Options of how to read predictions, shared by all commands that read them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fsbench.submissions import AdapterLike

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "-a",
        "--adapter",
        metavar="NAME",
        help="How to read the predictions: a published method (DECA), a frame (pixels, ortho, cv, gl), an installed "
        "adapter, or FILE.py:function. `fsbench adapters` lists them.",
    ),
    click.option("--unit", metavar="NUMBER", help="Frames: length of the file's unit in units of the frame [1]."),
    click.option("--flip", metavar="AXES", help="Frames: axes to mirror, e.g. y or x,z; faces turns the faces over."),
    click.option("--crop", metavar="X0,Y0,X1,Y1", help="Frames: box of the 256 px image that the network saw, y down."),
    click.option("--tform", metavar="NAME", help="Frames: file of each sample, image to crop, as {sample}_tform.npy."),
    click.option("--size", metavar="PX", help="Frames: side of the image that the network saw [256]."),
    click.option("--focal", metavar="PX", help="cv, gl: focal length of the mesh's own camera, in pixels of --size."),
    click.option(
        "--pattern",
        metavar="NAME",
        help="Frames: file name of the mesh, as {sample}_mesh.obj; {sample:d}.obj for 7.obj [{sample}].",
    ),
)


def adapter_options(function: F) -> F:
    """Add --adapter/-a and the options of the frames to a command; `build_adapter` takes their values.

    The command gets `adapter`, `unit`, `flip`, `crop`, `tform`, `size`, `focal` and `pattern`, text or None each.
    """
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def build_adapter(
    adapter: str | None,
    unit: str | None = None,
    flip: str | None = None,
    crop: str | None = None,
    tform: str | None = None,
    size: str | None = None,
    focal: str | None = None,
    pattern: str | None = None,
) -> "AdapterLike":
    """The adapter that the options ask for, with `.name`, `.files(sample)`, `.load(...)` and `.settings()`.

    Raises
    ------
    UsageError
        If there is no such adapter, or it does not support an option, or an option is wrong.
    """
    from fsbench.core.errors import UsageError
    from fsbench.submissions import get
    from fsbench.submissions.frame import FRAMES, Frame

    given = {
        "--unit": unit,
        "--flip": flip,
        "--crop": crop,
        "--tform": tform,
        "--size": size,
        "--focal": focal,
        "--pattern": pattern,
    }
    used = [name for name, value in given.items() if value is not None]
    if adapter is None:
        raise UsageError("--adapter is missing. Pass --adapter with a method or a frame; `fsbench adapters` lists them")
    if adapter not in FRAMES:
        found = get(adapter)
        if used:
            from fsbench.check.advice import frame_options
            from fsbench.check.changes import as_frame

            same = as_frame(found)
            instead = f". {frame_options(same)} reads the same files; pass that" if same is not None else ""
            raise UsageError(
                f"{', '.join(used)}: only for the frames {', '.join(FRAMES)}; {found.name} has its own formula{instead}"
            )
        return found
    return Frame(
        adapter,
        unit=1.0 if unit is None else _number("--unit", unit),
        flip=() if flip is None else tuple(axis.strip() for axis in flip.split(",")),
        crop=None if crop is None else _box(crop),
        tform=tform,
        size_px=None if size is None else _number("--size", size),
        own_focal_px=None if focal is None else _number("--focal", focal),
        pattern="{sample}" if pattern is None else pattern,
    )


def _box(text: str) -> tuple[float, float, float, float]:
    from fsbench.core.errors import UsageError

    values = [_number("--crop", word) for word in text.split(",")]
    if len(values) != 4:
        raise UsageError(f"--crop {text}: expected four numbers x0,y0,x1,y1 in pixels of the 256 px image")
    return values[0], values[1], values[2], values[3]


def _number(option: str, text: str) -> float:
    from fsbench.core.errors import UsageError

    try:
        return float(text)
    except ValueError:
        hint = " (for millimetres in a frame of metres: 0.001)" if option == "--unit" else ""
        raise UsageError(f"{option} {text}: expected a number{hint}") from None
