"""`fsbench adapters`: methods and frames whose meshes can be read, and how."""

from typing import TYPE_CHECKING

import click

from fsbench.cli.messages import put

if TYPE_CHECKING:
    from fsbench.submissions import AdapterLike


@click.command(name="adapters")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the methods whose meshes can be read; with NAME, describe one.

    NAME is a method, a frame or FILE.py:function. In file names N is the sample, 000 or 00_0_05.
    """
    from fsbench.submissions import get

    put("\n".join(_list() if name is None else _describe(get(name))))


_WIDTH = 100

_OWN = """\
Your own method, in one of three ways:
  --adapter FRAME       a frame above, with --unit, --flip, --crop, --tform, --size, --focal
  --adapter FILE.py:function
                        function(folder, sample, focal_px) that returns (vertices, faces)
  entry-point group     fsbench.adapters, for a package to be installed beside fsbench
docs/own-method.md explains them. `fsbench adapters NAME` describes one."""

_ENDINGS = {
    "as ortho": (
        "In the wild: z - mean z - 2.",
        "In the lab: y, z * -1; z - mean z + f / 128; all * 3 / (max y - min y).",
    ),
    "as cv": (
        "F is its focal length, m = mean z.",
        "In the wild: P * F / (128 m); y, z * -1; z - mean z - 2.",
        "In the lab: P * F / f about (0, 0, m); all * 3 / (max y - min y).",
    ),
}

_LETTERS = (
    "N is the sample, V a vertex of the file, P the vertex as it moves, f the focal length of the benchmark's camera "
    "in pixels; W is the inverse of the tform: crop to image pixels, y down. Means and extents are over all vertices."
)


def _list() -> list[str]:
    from fsbench.submissions.frame import FRAMES, Frame
    from fsbench.submissions.own import entry_point_names
    from fsbench.submissions.published import OTHERS, PUBLISHED

    lines = ["Published methods"]
    for adapter in (*PUBLISHED, *OTHERS):
        files = ", ".join(pattern.replace("{sample}", "N") for pattern in adapter.patterns)
        lines.append(f"  {adapter.name:<15} {files:<50} {adapter.source.split(',')[0]}")
    lines += ["", "Frames, for the meshes of any method: N.obj, N.ply, N.stl or N.off"]
    lines += _wrapped([(frame, Frame(frame).text["Frame"]) for frame in FRAMES])
    taken = {adapter.name for adapter in (*PUBLISHED, *OTHERS)} | set(FRAMES)
    installed = [(name, "(hidden by the one above)" if name in taken else "") for name in entry_point_names()]
    if installed:
        lines += ["", "From installed packages", *_wrapped(installed)]
    return [*lines, "", *_OWN.splitlines()]


def _wrapped(rows: list[tuple[str, str]]) -> list[str]:
    from textwrap import fill

    return [fill(f"{name:<15} {text}", _WIDTH, initial_indent="  ", subsequent_indent=" " * 18) for name, text in rows]


def _describe(adapter: "AdapterLike") -> list[str]:
    text = {heading: (body,) for heading, body in adapter.text.items()}
    (summary,), (formula,) = text.pop("", ("",)), text.get("Formula", ("",))
    blocks: dict[str, tuple[str, ...]] = {"Files": (_files(adapter),)}
    blocks |= {heading: text.pop(heading, ()) for heading in ("Frame", "Formula")}
    blocks |= {f"Then {words}": lines for words, lines in _ENDINGS.items() if words in formula}
    blocks |= text | {"Letters": (_LETTERS,) if formula else ()}
    title = summary if summary.startswith(adapter.name) else f"{adapter.name}: {summary}".removesuffix(": ")
    lines = _paragraph(title, indent="")
    for heading, paragraphs in blocks.items():
        if paragraphs:
            lines += ["", heading, *(line for paragraph in paragraphs for line in _paragraph(paragraph))]
    return lines


def _files(adapter: "AdapterLike") -> str:
    files = [
        " or ".join(file.names) + (" (one for all samples)" if file.is_shared else "") for file in adapter.files("N")
    ]
    return ", ".join(files) or "Whatever the function reads."


def _paragraph(text: str, indent: str = "  ") -> list[str]:
    from textwrap import wrap

    return wrap(" ".join(text.split()), _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
