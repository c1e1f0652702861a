"""A prepared reference may be shared by threads, and survives a fork."""

import multiprocessing
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import fsbench
from fsbench.protocols.measurement import Scores


@pytest.fixture
def scorer(sample: Path) -> fsbench.Scorer:
    return fsbench.Scorer("fswild", sample)


@pytest.fixture
def meshes(sample: Path) -> dict[str, fsbench.Mesh]:
    folder = sample / "pred/wild_pred/mean-face"
    return {name: fsbench.adapters.load("3DDFA_V2", folder, name) for name in ("000", "100", "200", "300")}


def _all(scorer: fsbench.Scorer, meshes: dict[str, fsbench.Mesh]) -> dict[str, Scores]:
    return {name: scorer.score(name, mesh.vertices, mesh.faces) for name, mesh in meshes.items()}


def test_threads_give_what_one_gives(scorer, meshes) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: _all(scorer, meshes), range(4)))
    assert all(answer == _all(scorer, meshes) for answer in answers)


def _in_child(scorer, meshes, pipe) -> None:
    pipe.send(_all(scorer, meshes))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork")
def test_a_forked_process_gives_what_its_parent_gives(scorer, meshes) -> None:
    """As a training loop's loaders are: forked after the parent has scored, and so has loaded everything."""
    expected = _all(scorer, meshes)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_in_child, args=(scorer, meshes, theirs))
    with warnings.catch_warnings():
        # From 3.12 on Python warns of any fork beside threads; libraries have some.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    theirs.close()
    assert ours.poll(60), "the child hangs"
    assert ours.recv() == expected
    child.join()
