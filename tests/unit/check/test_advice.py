"""Advice: the option that is named does what the change would do, for every change and every frame."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.check.advice import frame_for, frame_options
from fsbench.check.changes import changes, placing_of
from fsbench.check.evidence import Suspect
from fsbench.check.predicted import load
from fsbench.cli.adapter_options import build_adapter
from fsbench.io.write import write_obj
from fsbench.submissions import Frame
from tests.shapes import ellipsoid

FRAMES = (
    Frame("pixels"),
    Frame("pixels", unit=128.0, flip=("y",)),
    Frame("pixels", size_px=224.0, crop=(20.0, 10.0, 200.0, 190.0), flip=("x", "faces")),
    Frame("ortho"),
    Frame("ortho", unit=0.01, flip=("y", "z")),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("advice")
    ball = ellipsoid((40.0, 55.0, 30.0), 8, 10)
    write_obj(folder / "000.obj", type(ball)(ball.vertices + [110.0, 140.0, 5.0], ball.faces))
    return folder


@pytest.mark.parametrize("frame", FRAMES, ids=frame_options)
def test_options_say_what_a_change_does(folder: Path, frame: Frame) -> None:
    own = load(frame, folder, "000", None)
    tried = 0
    for change in changes(frame, 120.0):
        wanted = frame_for(Suspect(frame, change), inverted=False)
        if wanted is None:
            continue
        tried += 1
        moved = placing_of(change, frame, own.image_from_net).apply(own.surface.mesh.vertices)
        loaded = wanted.load(folder, "000").vertices
        scale = np.abs(moved[:, :2]).max()
        assert loaded[:, :2] == pytest.approx(moved[:, :2], abs=1e-9 * scale), (change.words, frame_options(wanted))
        # z up to where the mean is put; a crop's box may have a scale that the fitted z lacks a part of.
        depth = moved[:, 2] - moved[:, 2].mean()
        assert loaded[:, 2] - loaded[:, 2].mean() == pytest.approx(depth, abs=1e-9 * scale), change.words
    assert tried > 20


@pytest.mark.parametrize("frame", FRAMES, ids=frame_options)
@pytest.mark.parametrize("inverted", [False, True])
def test_faces_end_up_as_needed(folder: Path, frame: Frame, inverted: bool) -> None:
    """`inverted` asks for other corners than now, whatever the axes do."""
    now = frame.load(folder, "000").faces
    for change in changes(frame, 120.0):
        wanted = frame_for(Suspect(frame, change), inverted)
        if wanted is not None:
            assert (wanted.load(folder, "000").faces[0] == now[0]).all() == (not inverted), change.words


@pytest.mark.parametrize("frame", FRAMES, ids=frame_options)
def test_options_are_understood_by_the_command_line(frame: Frame) -> None:
    words = frame_options(frame).split()
    given = {words[i].removeprefix("--"): words[i + 1] for i in range(0, len(words), 2)}
    assert build_adapter(**given) == frame
