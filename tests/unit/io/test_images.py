"""Images in colours, of each kind that textures and photographs have."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Mesh
from fsbench.io.images import read_rgb, write_png
from fsbench.io.ply import read_vertex_colours
from fsbench.io.write import write_ply


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGB", (10, 20, 30), [10, 20, 30]),
        ("RGBA", (10, 20, 30, 0), [10, 20, 30]),
        ("L", 77, [77, 77, 77]),
        ("1", 1, [255, 255, 255]),
        ("I;16", 257 * 99, [99, 99, 99]),
    ],
)
def test_every_mode_becomes_eight_bit_colours(tmp_path: Path, mode: str, colour: object, expected: list[int]) -> None:
    Image.new(mode, (3, 2), colour).save(tmp_path / "a.png")
    found = read_rgb(tmp_path / "a.png")
    assert found.shape == (2, 3, 3) and found.dtype == np.uint8 and found[1, 2].tolist() == expected


def test_a_palette_and_a_jpeg_are_read(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), (200, 100, 50)).quantize(4).save(tmp_path / "a.png")
    Image.new("RGB", (16, 16), (200, 100, 50)).save(tmp_path / "b.jpg", quality=95)
    assert read_rgb(tmp_path / "a.png")[0, 0].tolist() == [200, 100, 50]
    # JPEG rounds its own colours.
    assert np.abs(read_rgb(tmp_path / "b.jpg")[0, 0].astype(int) - [200, 100, 50]).max() <= 2


def _png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [b"IHDR" + header, b"IDAT" + bytes(9)]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_png(9000, 10), "at most 8192 a side"),
        (_png(60000, 60000), "far more pixels|at most 8192"),
        (_png(10, 10), "cannot be read as an image"),
        (b"", "is empty"),
        (b"<html>", "web page"),
        (b"GIF89a" + bytes(99), "is no PNG, JPEG, BMP or TIFF"),
    ],
)
def test_what_is_no_image_is_refused_in_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(FormatError, match=words):
        read_rgb(tmp_path / "a.png")
    with pytest.raises(MissingError):
        read_rgb(tmp_path / "b.png")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    write_png(tmp_path / "a.png", pixels)
    assert np.array_equal(read_rgb(tmp_path / "a.png"), pixels)


def test_a_ply_has_colours_in_bytes_or_in_real_numbers_or_none(tmp_path: Path) -> None:
    mesh = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    colours = np.array([[1, 2, 3], [40, 50, 60], [255, 0, 9]], np.uint8)
    write_ply(tmp_path / "a.ply", mesh, colours)
    assert np.array_equal(read_vertex_colours(tmp_path / "a.ply"), colours)
    write_ply(tmp_path / "b.ply", mesh)
    assert read_vertex_colours(tmp_path / "b.ply") is None
    names = "".join(f"property float {name}\n" for name in ("x", "y", "z", "red", "green", "blue"))
    head = f"ply\nformat ascii 1.0\nelement vertex 1\n{names}end_header\n"
    (tmp_path / "c.ply").write_text(f"{head}0 0 0 1 0.2 0\n")
    assert read_vertex_colours(tmp_path / "c.ply").tolist() == [[255, 51, 0]]
    (tmp_path / "c.ply").write_text(f"{head}0 0 0 nan 0.2 0\n")
    with pytest.raises(FormatError, match="not finite"):
        read_vertex_colours(tmp_path / "c.ply")
