"""`fsbench adapters`, and the options that `score` and `check` share."""

import shlex

import click
import pytest
from click.testing import CliRunner

from fsbench.cli.adapter_options import adapter_options, build_adapter
from fsbench.cli.adapters import command
from fsbench.core.errors import UsageError
from fsbench.submissions import Frame, names


def lines_of(*arguments: str) -> list[str]:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output.splitlines()


def test_the_list_holds_every_name_and_its_files() -> None:
    lines = lines_of()
    first_words = {line.split()[0] for line in lines if line.startswith("  ") and line.split()}
    assert set(names()) <= first_words
    assert "  DECA            N_detail.obj, N_tform.npy, N_cam.npy               Feng et al. 2021" in lines


@pytest.mark.parametrize("name", ["", *names()])
def test_all_fits_100_columns(name: str) -> None:
    lines = lines_of(*([name] if name else []))
    assert max(map(len, lines)) <= 100
    assert not any(line != line.rstrip() for line in lines)


def test_one_method_in_full() -> None:
    assert lines_of("RAFaRe") == [
        "RAFaRe, a non-parametric reconstruction from pseudo pairs.",
        "",
        "Files",
        "  N.obj",
        "",
        "Frame",
        "  Ortho: x right, y up, z towards the viewer, the image is [-1, 1]^2.",
        "",
        "Formula",
        "  As it is; then as ortho.",
        "",
        "Then as ortho",
        "  In the wild: z - mean z - 2.",
        "  In the lab: y, z * -1; z - mean z + f / 128; all * 3 / (max y - min y).",
        "",
        "Source",
        "  Guo et al. 2023, arXiv:2302.05486; https://github.com/zhuhao-nju/rafare",
        "",
        "Letters",
        "  N is the sample, V a vertex of the file, P the vertex as it moves, f the focal length of the",
        "  benchmark's camera in pixels; W is the inverse of the tform: crop to image pixels, y down. Means",
        "  and extents are over all vertices.",
    ]


@click.command()
@adapter_options
def parse(**options: str | None) -> None:
    adapter = build_adapter(**options)
    click.echo(repr(adapter) if isinstance(adapter, Frame) else adapter.name)


def test_options_become_a_frame() -> None:
    arguments = shlex.split(
        "-a pixels --unit 2 --flip y,faces --crop 0,-8.5,128,119.5 --size 224 --pattern {sample}_x.ply"
    )
    frame = Frame("pixels", 2.0, ("y", "faces"), (0, -8.5, 128, 119.5), None, 224.0, None, "{sample}_x.ply")
    assert CliRunner().invoke(parse, arguments, catch_exceptions=False).output == f"{frame!r}\n"
    arguments = shlex.split("--adapter cv --tform {sample}_t.npy --size 224 --focal 1015")
    frame = Frame("cv", tform="{sample}_t.npy", size_px=224.0, own_focal_px=1015.0)
    assert CliRunner().invoke(parse, arguments, catch_exceptions=False).output == f"{frame!r}\n"
    assert CliRunner().invoke(parse, ["-a", "DECA"], catch_exceptions=False).output == "DECA\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adapter": None}, "Pass --adapter"),
        ({"adapter": "DECA", "crop": "0,0,1,1", "unit": "2"}, "--unit, --crop: only for the frames"),
        ({"adapter": "3DDFA_V2", "pattern": "{sample}_x.obj"}, "--adapter pixels reads the same files"),
        ({"adapter": "ortho", "unit": "mm"}, "--unit mm: expected a number"),
        ({"adapter": "ortho", "crop": "0,0,1"}, "expected four numbers"),
        ({"adapter": "ortho", "crop": "0,0,1,b"}, "--crop b: expected a number"),
        ({"adapter": "ortho", "flip": "yx"}, "expected some of x, y, z, faces"),
        ({"adapter": "ortho", "flip": ""}, "expected some of x, y, z, faces"),
    ],
)
def test_wrong_options_are_refused_in_words(options: dict[str, str | None], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_adapter(**options)
