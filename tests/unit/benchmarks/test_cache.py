"""Prepared references on disk: the same numbers, never a damaged one, never more room than allowed."""

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fsbench.benchmarks import Benchmark
from fsbench.benchmarks.cache import PreparedCache
from fsbench.protocols.facescape.protocol import Prepared


@pytest.fixture
def cache(tmp_path: Path) -> PreparedCache:
    return PreparedCache(tmp_path / "prepared")


def _entries(cache: PreparedCache) -> list[Path]:
    return sorted(cache.folder.glob("*.prepared"))


def _same(one: Prepared, other: Prepared) -> bool:
    arrays, others = one.arrays(), other.arrays()
    same = all(np.array_equal(arrays[name], others[name]) for name in arrays)
    return same and np.array_equal(one.normals, other.normals) and np.array_equal(one.depths_mm, other.depths_mm)


@pytest.mark.parametrize(("name", "sample_name"), [("fswild", "000"), ("fslab", "00_1_09")])
def test_what_is_kept_is_what_was_computed(
    cache: PreparedCache, sample: Path, name: str, sample_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark = Benchmark.open(name, sample)
    fresh, first = benchmark.prepare(sample_name), benchmark.prepare(sample_name, cache=cache)
    assert len(_entries(cache)) == 1
    # From here on nothing can be computed, only found.
    monkeypatch.setattr(type(benchmark.protocol), "prepare", None)
    kept = benchmark.prepare(sample_name, cache=cache)
    assert _same(fresh, first) and _same(fresh, kept)
    assert kept.extent_mm == fresh.extent_mm


def test_an_entry_is_found_by_content_wherever_the_file_is(cache: PreparedCache, sample: Path, tmp_path: Path) -> None:
    Benchmark.open("fswild", sample).prepare("000", cache=cache)
    elsewhere = Path(shutil.copytree(sample, tmp_path / "elsewhere"))
    Benchmark.open("fswild", elsewhere).prepare("000", cache=cache)
    assert len(_entries(cache)) == 1


def test_another_reference_camera_or_pose_is_another_entry(cache: PreparedCache, sample: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(sample, tmp_path / "changed"))
    Benchmark.open("fswild", root).prepare("000", cache=cache)
    mesh = root / "data/wild_gt_mesh/000.obj"
    mesh.write_text(mesh.read_text() + "# one more line\n")
    Benchmark.open("fswild", root).prepare("000", cache=cache)
    assert len(_entries(cache)) == 2
    scales = root / "code/predef/wild_pupil_scales.npy"
    np.save(scales, np.load(scales) * (1 + 1e-9))
    Benchmark.open("fswild", root).prepare("000", cache=cache)
    assert len(_entries(cache)) == 3
    laboratory = Benchmark.open("fslab", root)
    for view in ("00_0_00", "00_0_01", "00_1_00"):
        laboratory.prepare(view, cache=cache)
    assert len(_entries(cache)) == 6


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other"])
def test_a_damaged_entry_is_computed_again(cache: PreparedCache, sample: Path, damage: str) -> None:
    benchmark = Benchmark.open("fswild", sample)
    fresh = benchmark.prepare("000", cache=cache)
    (path,) = _entries(cache)
    good = path.read_bytes()
    middle = len(good) // 2
    path.write_bytes(
        {
            "flip": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
            "cut": good[:middle],
            "empty": b"",
            "other": b"no such thing" * 100,
        }[damage]
    )
    assert _same(benchmark.prepare("000", cache=cache), fresh)
    assert path.read_bytes() == good


def test_an_entry_under_another_ones_name_is_computed_again(cache: PreparedCache, sample: Path) -> None:
    benchmark = Benchmark.open("fswild", sample)
    fresh = benchmark.prepare("000", cache=cache)
    (mine,) = _entries(cache)
    benchmark.prepare("100", cache=cache)
    (other,) = set(_entries(cache)) - {mine}
    mine.write_bytes(other.read_bytes())
    assert _same(benchmark.prepare("000", cache=cache), fresh)


def test_what_a_killed_writer_left_is_removed(cache: PreparedCache) -> None:
    cache.store("a", {"numbers": np.arange(5)})
    old, new = cache.folder / ".old.part", cache.folder / ".new.part"
    for path in (old, new):
        path.write_bytes(b"half of it")
    os.utime(old, (0, 0))
    # As the first entry of another process.
    PreparedCache(cache.folder, limit_bytes=10_000).store("b", {"numbers": np.arange(5)})
    assert not old.exists() and new.exists()  # somebody may be writing that one now
    cache.clear()
    assert list(cache.folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="rights are otherwise elsewhere")
def test_entries_of_others_serve_too(cache: PreparedCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store("a", {"numbers": np.arange(5)})
    (path,) = _entries(cache)
    mask = os.umask(0o022)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask

    def refuse(*arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "utime", refuse)
    assert cache.load("a") is not None


WRONG = ["not finite", "too few", "of something else", "one for all", "single", "nothing seen", "inside out"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_whole_entry_that_is_not_ours_is_computed_again(cache: PreparedCache, sample: Path, wrong: str) -> None:
    benchmark = Benchmark.open("fswild", sample)
    fresh = benchmark.prepare("000", cache=cache)
    (path,) = _entries(cache)
    arrays = cache.load(path.stem)
    assert arrays is not None
    cache.store(
        path.stem,
        {
            "not finite": {**arrays, "radius_mm": arrays["radius_mm"] * np.nan},
            "too few": {**arrays, "normals": arrays["normals"][:-1]},
            "of something else": {"numbers": np.arange(5.0)},
            "one for all": {**arrays, "depths_mm": arrays["depths_mm"][:1]},
            "single": {**arrays, "radius_mm": arrays["radius_mm"].astype(np.float32)},
            "nothing seen": {**arrays, "depths_mm": 0 * arrays["depths_mm"]},
            "inside out": {**arrays, "extent_mm": -arrays["extent_mm"]},
        }[wrong],
    )
    assert _same(benchmark.prepare("000", cache=cache), fresh)


def test_the_oldest_make_room(tmp_path: Path) -> None:
    cache = PreparedCache(tmp_path, limit_bytes=12_000)
    arrays = {"numbers": np.arange(500.0)}  # about 4.3 kB
    for i, key in enumerate("abc"):
        cache.store(key, arrays)
        if key != "c":
            os.utime(tmp_path / f"{key}.prepared", (1000 + i, 1000 + i))
    assert cache.load("a") is None and cache.load("b") is not None  # which makes b the last one used
    os.utime(tmp_path / "c.prepared", (2000, 2000))
    cache.store("d", arrays)
    assert cache.load("c") is None and cache.load("b") is not None
    assert cache.contents().n_bytes <= cache.limit_bytes
    cache.store("huge", {"numbers": np.arange(5000.0)})
    assert cache.load("huge") is None and cache.contents().n_entries == 2


def test_a_process_looks_at_the_other_entries_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each entry that it writes, and never for so long that the cache outgrows its limit."""
    cache, arrays, looks = PreparedCache(tmp_path, limit_bytes=2_000_000), {"numbers": np.arange(500.0)}, []
    look = PreparedCache._entries
    monkeypatch.setattr(PreparedCache, "_entries", lambda self: looks.append(1) or look(self))
    for i in range(1000):
        cache.store(f"{i}", arrays)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= cache.limit_bytes
    assert len(looks) == 112  # before the first, and after every eight that follow one
    assert len(list(tmp_path.iterdir())) > 480


def test_threads_outgrow_the_limit_by_no_more_than_is_said(tmp_path: Path) -> None:
    cache, arrays, n_threads = PreparedCache(tmp_path, limit_bytes=200_000), {"numbers": np.arange(500.0)}, 6
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(lambda i: cache.store(f"{i}", arrays), range(300)))
    assert cache.contents().n_bytes <= cache.limit_bytes + n_threads * 8 * 4_200


def test_clearing_removes_entries_and_nothing_else(cache: PreparedCache) -> None:
    assert cache.contents().n_entries == 0  # also before there is a folder
    cache.store("a", {"numbers": np.arange(5)})
    (cache.folder / "mine.txt").write_text("stays")
    assert cache.clear().n_entries == 1
    assert [path.name for path in cache.folder.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_written_is_told_and_costs_no_score(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.warns(UserWarning, match="are not kept.*XDG_CACHE_HOME.*--no-cache"):
        prepared = Benchmark.open("fswild", sample).prepare("000", cache=PreparedCache(tmp_path / "file"))
    assert prepared.depths_mm.any()


def _forge(cache: PreparedCache, content: bytes) -> str:
    """An entry of that content whose digest is right."""
    key = PreparedCache.key([b"anything"])
    cache.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256(key.encode() + content).digest()
    (cache.folder / f"{key}.prepared").write_bytes(digest + content)
    return key


def _with_table(table: str, arrays: bytes = bytes(48)) -> bytes:
    """What follows the digest: a table, and arrays from a multiple of 16 bytes on."""
    head = len(table).to_bytes(8, "little") + table.encode()
    return head + bytes(-(32 + len(head)) % 16) + arrays


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no table at all",
        (1 << 62).to_bytes(8, "little") + b"[]",
        _with_table("{"),
        _with_table("[" * 100_000),
        _with_table("7"),
        _with_table('[["a", "<f8"]]'),
        _with_table('[[["a"], "<f8", [3]]]'),
        _with_table('[["a", "|O", [3]]]'),
        _with_table('[["a", "<f8,<f8", [3]]]'),
        _with_table('[["a", "no type", [3]]]'),
        _with_table('[["a", "<f8", [-1, -3]]]'),
        _with_table('[["a", "<f8", [1.5]]]'),
        _with_table('[["a", "<f8", 3]]'),
        _with_table('[["a", "<f8", ""]]'),
        _with_table('[["a", null, [3]]]'),
        _with_table('[["a", ",", [3]]]'),
        _with_table('[["a", "(1,f8", [3]]]'),
        _with_table('[["a", "<f16", [3]]]'),
        _with_table(f'[["a", "<f8", [{", ".join(["1152921504606846976"] * 200_000)}]]]'),
        _with_table('[["a", "<f8", [1000000000000]]]'),
        _with_table('[["a", "<f8", [3]], ["b", "<f8", [4]]]'),
        _with_table('[["a", "<f8", [3]]]', bytes(20)),
    ],
)
def test_an_entry_that_is_none_of_ours_is_none(cache: PreparedCache, content: bytes) -> None:
    assert cache.load(_forge(cache, content)) is None


def test_a_table_of_ours_is_read(cache: PreparedCache) -> None:
    """What the entries above differ from."""
    arrays = cache.load(_forge(cache, _with_table('[["a", "<f8", [3]], ["b", "<f8", [3]]]', bytes(56))))
    assert arrays is not None and arrays["b"].shape == (3,)


def test_arrays_come_back_as_they_were_kept(cache: PreparedCache) -> None:
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "bits": np.arange(7, dtype=np.uint8),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "none": np.empty((0, 3)),
        "one": np.array(2.5),
        "flags": np.array([True, False]),
        "whole": np.arange(3),
    }
    cache.store("a", arrays)
    found = cache.load("a")
    assert found is not None and list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array), name
        # What compiled loops take: neither read-only nor across the machine's words.
        assert found[name].flags.c_contiguous and found[name].flags.writeable and found[name].flags.aligned, name


@pytest.mark.parametrize(
    "change",
    [
        {"depths_mm": np.zeros(3)},
        {"extent_mm": np.array(-1.0)},
        {"seen": np.zeros(5, np.float64)},
        {"more": np.zeros(3)},
        {"radius_mm": None},
    ],
    ids=["shape", "extent", "type", "more", "less"],
)
def test_an_entry_of_other_arrays_is_computed_again(
    cache: PreparedCache, sample: Path, change: dict[str, npt.NDArray[np.float64] | None]
) -> None:
    benchmark = Benchmark.open("fswild", sample)
    fresh = benchmark.prepare("000", cache=cache)
    (entry,) = _entries(cache)
    arrays = {**(cache.load(entry.stem) or {}), **change}
    cache.store(entry.stem, {name: array for name, array in arrays.items() if array is not None})
    assert _same(benchmark.prepare("000", cache=cache), fresh)


def test_a_cache_that_others_may_write_to_is_left_alone(cache: PreparedCache, sample: Path) -> None:
    benchmark = Benchmark.open("fswild", sample)
    benchmark.prepare("000", cache=cache)
    (entry,) = _entries(cache)
    cache.folder.chmod(0o777)
    assert cache.load(entry.stem) is None
    with pytest.warns(UserWarning, match="not kept: others may write"):
        benchmark.prepare("000", cache=cache)
