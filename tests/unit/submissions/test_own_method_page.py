"""What docs/own-method.md tells a user to do, done."""

import re
from pathlib import Path

import numpy as np
import pytest

from fsbench.cli.adapter_options import build_adapter
from fsbench.submissions import Frame, get, load

PAGE = Path(__file__).resolve().parents[3] / "docs/own-method.md"
# write_prediction writes six decimals; a quarter of the image's half size at most multiplies them.
ATOL_SIX_DECIMALS = 1e-5
# Text to float64 and a dozen operations on numbers below 1e3.
ATOL = 1e-12

FACES = np.array([[0, 1, 2], [0, 2, 3]])


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("focal_px", [None, 600.0])
def test_flame_and_a_crop_score_as_deca_does(blocks: list[str], tmp_path: Path, focal_px: float | None) -> None:
    scope: dict = {}
    for block in blocks[:2]:
        exec(block, scope)
    metres = np.array([[0.05, 0.1, 0.02], [-0.06, -0.08, 0.07], [0.01, 0.02, -0.05], [0.08, -0.03, 0.0]])
    cam = np.array([7.5, 0.01, -0.02])
    for folder in ("ours", "deca"):
        (tmp_path / folder).mkdir()
    crop_from_image = scope["crop_from_box"](30, 25, 230, 225)
    scope["write_prediction"](tmp_path / "ours", "000", metres, FACES, cam, crop_from_image)
    lines = [f"v {x} {y} {z}\n" for x, y, z in metres.tolist()] + ["f 1 2 3\n", "f 1 3 4\n"]
    (tmp_path / "deca/000_detail.obj").write_text("".join(lines))
    np.save(tmp_path / "deca/000_tform.npy", crop_from_image)
    np.save(tmp_path / "deca/000_cam.npy", cam[None])

    ours = build_adapter("ortho", tform="{sample}_tform.npy", size="224").load(tmp_path / "ours", "000", focal_px)
    deca = load("DECA", tmp_path / "deca", "000", focal_px)
    np.testing.assert_allclose(ours.vertices, deca.vertices, rtol=0, atol=ATOL_SIX_DECIMALS)
    np.testing.assert_array_equal(ours.faces, deca.faces)


def test_reading_from_python(blocks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scope: dict = {}
    for block in blocks[:2]:
        exec(block, scope)
    (tmp_path / "my/wild").mkdir(parents=True)
    (tmp_path / "pred/lab_pred").mkdir(parents=True)
    metres = np.array([[0.05, 0.1, 0.02], [-0.06, -0.08, 0.07], [0.01, 0.02, -0.05], [0.08, -0.03, 0.0]])
    crop = scope["crop_from_box"](30, 25, 230, 225)
    scope["write_prediction"](tmp_path / "my/wild", "000", metres, FACES, (7.5, 0.01, -0.02), crop)
    deca = tmp_path / "pred/lab_pred/DECA"
    deca.mkdir()
    lines = [f"v {x} {y} {z}\n" for x, y, z in metres.tolist()] + ["f 1 2 3\n", "f 1 3 4\n"]
    (deca / "00_0_05_detail.obj").write_text("".join(lines))
    np.save(deca / "00_0_05_tform.npy", crop)
    np.save(deca / "00_0_05_cam.npy", [[7.5, 0.01, -0.02]])
    monkeypatch.chdir(tmp_path)
    exec(blocks[3], scope)
    np.testing.assert_array_equal(scope["mesh"].faces, scope["deca"].faces)


@pytest.mark.parametrize("focal_px", [None, 600.0])
def test_the_function_says_what_the_options_say(
    blocks: list[str], tmp_path: Path, write, ortho: np.ndarray, focal_px: float | None
) -> None:
    (tmp_path / "my_method.py").write_text(next(block for block in blocks if block.startswith("# my_method.py")))
    unit_square = (ortho + 1) / 2
    (write(unit_square) / "000_box.txt").write_text("16 8 240 232\n")
    mesh = get(f"{tmp_path / 'my_method.py'}:load").load(tmp_path, "000", focal_px)
    frame = Frame("pixels", unit=224, crop=(16, 8, 240, 232), size_px=224)
    expected = frame.load(tmp_path, "000", focal_px)
    np.testing.assert_allclose(mesh.vertices, expected.vertices, rtol=0, atol=ATOL)


def test_every_option_in_the_table_is_accepted() -> None:
    rows = re.findall(r"\| `-a (\w+)(.*?)` \|", PAGE.read_text(encoding="utf-8"))
    assert len(rows) == 9
    for frame, text in rows:
        words = text.replace("PX", "1015").split()
        options = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
        assert build_adapter(frame, **options).name == frame
