from pathlib import Path

import pytest

from fsbench.benchmarks import Benchmark, load_spec, spec_names
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.resources import folder


def test_the_wild_has_400_samples_in_four_pose_bins() -> None:
    spec = load_spec("fswild")
    assert [sample.name for sample in spec.samples] == [f"{i:03d}" for i in range(400)]
    poses = [sample.bins["pose_deg"] for sample in spec.samples]
    assert [poses[i] for i in (0, 99, 100, 199, 200, 299, 300, 399)] == [
        "0-5", "0-5", "5-30", "5-30", "30-60", "30-60", "60-90", "60-90",
    ]  # fmt: skip
    assert spec.samples[0].subject is None


def test_the_lab_has_20_faces_3_focal_lengths_11_views() -> None:
    spec = load_spec("fslab")
    assert len(spec.samples) == 660
    assert [spec.samples[i].name for i in (0, 1, 11, 33, 659)] == [
        "00_0_00",
        "00_0_01",
        "00_1_00",
        "01_0_00",
        "19_2_10",
    ]
    last = spec.samples[659]
    assert dict(last.bins) == {"subject": "19", "view": "10", "pose_deg": "60", "focal_px": "300"}
    assert last.subject == "19"
    counts = {label: sum(s.bins["pose_deg"] == label for s in spec.samples) for label in ("0", "30", "60")}
    assert counts == {"0": 60, "30": 480, "60": 120}


@pytest.mark.parametrize("name", spec_names())
def test_every_specification_is_complete(name: str) -> None:
    spec = load_spec(name)
    assert spec.name == name and spec.citation and spec.where and spec.unit
    assert spec.samples or spec.raw["samples"]["listed"]


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    with pytest.raises(UsageError, match="did you mean fslab"):
        load_spec("fslabb")


def test_an_unknown_table_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="it has: pose, focal"):
        load_spec("fslab").table("colour")


def _own(tmp_path: Path, old: str, new: str) -> str:
    text = (folder("data_specs") / "fswild.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return str(path)


def test_a_benchmark_of_ones_own_is_a_file(tmp_path: Path) -> None:
    assert len(load_spec(_own(tmp_path, "index = 400", "index = 8")).samples) == 8


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "fswild"\n', "", "the key 'name' is missing"),
        ("index = 400", "index = 4000000000", "4000000000 samples"),
        ("index = 400", "index = 0", "0 samples"),
        ("{index:03d}", "same", "not unique"),
        ('by = "pose_deg"', 'by = "hair"', "bins that do not exist"),
        ("[samples]", "[samples", "not a benchmark specification"),
    ],
)
def test_a_damaged_specification_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        load_spec(_own(tmp_path, old, new))


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ('main_metrics = "cd_mm"', "main_metrics is expected to be a list"),
        ("main_metrics = [1]", "main_metrics is expected to be a list"),
        ('main_metrics = ["a\\nb"]', "main_metrics is expected to be a list"),
        ("show_overall = 1\nmain_metrics = []", "show_overall is expected to be true or false"),
    ],
)
def test_what_tables_and_figures_read_is_checked(tmp_path: Path, new: str, message: str) -> None:
    old = 'main_metrics = ["cd_mm", "mne_rad", "cr"]'
    with pytest.raises(FormatError, match=message):
        load_spec(_own(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('pose_deg = "Head pose"', "pose_deg = 3", r"\[axes\] is expected to name bins"),
        (
            'title = "FaceScape in the wild, by pose"',
            'figure_note = ["x"]\ntitle = "T"',
            "figure_note of the table pose",
        ),
        ('board_note = """\n', 'board_note = """\nA line.\n', "board_note is expected to be one line"),
    ],
)
def test_notes_and_axes_are_lines_of_text(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load_spec(_own(tmp_path, old, new))


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("overall = 1", "overall of a table is expected to be true or false"),
        ('overall = true\nwhere = { pose_deg = "0-5" }', "so no where"),
    ],
)
def test_columns_over_all_samples_are_asked_for_in_one_way(tmp_path: Path, new: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load_spec(_own(tmp_path, "overall = true", new))


SECRET = "the secret is 4711"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "{index:03d}"', 'name = "{index:0999999999d}"'),
        ('name = "{index:03d}"', 'name = "{index:999999999d}"'),
        ('name = "{index:03d}"', 'name = "{index.__class__}{index}"'),
        ('name = "{index:03d}"', 'name = "{index!r:>99999999}"'),
        ('name = "{index:03d}"', f'name = "{{index:03d}}{"x" * 1000}"'),
        ('name = "{index:03d}"', 'name = "../{index:03d}"'),
        ('name = "{index:03d}"', 'name = "/etc/{index:03d}"'),
        ('name = "{index:03d}"', 'name = "{index:03d}\\u001b[2J"'),
        ("index = 400", "index = 9000000"),
        ("index = 400", "index = 4e2"),
        ("index = 400", "index = -20\nother = -20"),
        ('predictions = "pred/wild_pred"', 'predictions = "../wild_pred"'),
        ('name = "fswild"', 'name = "fswild\\nfsbench: all is well"'),
        ('by = "pose_deg"', "by = 5"),
        ("[samples]", f"hostile = {'[' * 3000}{']' * 3000}\n[samples]"),
        ("[samples]", f"hostile = {'[' * 20}{']' * 20}\n[samples]"),
        ("[samples]", f"hostile = {'{a = ' * 3000}1{'}' * 3000}\n[samples]"),
        ("[samples]", f"{'a.' * 20_000}a = 1\n[samples]"),
        ("[samples]", f"hostile = {{{'a . ' * 20_000}a = 1}}\n[samples]"),
        ("[samples]", f"[{'a.' * 20_000}a]\n[samples]"),
        ("[samples]", f"hostile = {'9' * 5000}\n[samples]"),
    ],
)
def test_a_hostile_specification_is_refused_before_anything_is_computed(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(FormatError, match=r"own\.toml: not a benchmark specification: ") as refused:
        load_spec(_own(tmp_path, old, new))
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("data/wild_gt_mesh/{index:03d}.obj", "../secret.obj"),
        ("data/wild_gt_mesh/{index:03d}.obj", "{secret}"),
        ("data/wild_gt_mesh/{index:03d}.obj", "data/{index:0999999999d}.obj"),
        ("code/predef/wild_rotations.npy", "../secret.npy"),
        ("code/predef/wild_rotations.npy", "{secret}"),
        ("code/predef/wild_rotations.npy", "code/../../secret.npy"),
        ("code/predef/wild_rotations.npy", "C:secret.npy"),
        ("code/predef/wild_rotations.npy", "..\\\\secret.npy"),
    ],
)
def test_nothing_outside_the_root_is_read_for_a_benchmark(tmp_path: Path, old: str, new: str) -> None:
    for ending in ("obj", "npy"):
        (tmp_path / f"secret.{ending}").write_text(SECRET)
    root = tmp_path / "root"
    root.mkdir()
    name = _own(tmp_path, old, new.replace("{secret}", str(tmp_path / "secret.npy")))
    with pytest.raises(FormatError) as refused:
        Benchmark.open(name, root)
    assert SECRET[:8] not in str(refused.value) and "secret is" not in str(refused.value)


@pytest.mark.parametrize(
    ("of", "old", "new"),
    [
        ("now", 'listed = "imagepathsvalidation.txt"', 'listed = "../secret.txt"'),
        ("now", 'listed = "imagepathsvalidation.txt"', 'listed = "{secret}"'),
        ("micc-deng2019", 'views = ["frontal1", "frontal2"]', 'views = ["../.."]'),
        ("micc-deng2019", 'views = ["frontal1", "frontal2"]', 'views = ["{secret}"]'),
        ("micc-deng2019", 'views = ["frontal1", "frontal2"]', "views = []"),
        ("micc-deng2019", '"Indoor-Cooperative"', '"../Indoor"'),
        ("micc-deng2019", "crop_mm_of = {}", 'crop_mm_of = { subject_01 = "wide" }'),
        ("micc-deng2019", "crop_mm_of = {}", ""),
    ],
)
def test_nothing_outside_the_root_is_read_for_scans(tmp_path: Path, of: str, old: str, new: str) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    root = tmp_path / "root"
    (root / "subject_01").mkdir(parents=True)
    text = (folder("data_specs") / f"{of}.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new.replace("{secret}", str(tmp_path / "secret.txt"))), "utf-8")
    with pytest.raises(FormatError) as refused:
        Benchmark.open(str(path), root)
    assert "secret is" not in str(refused.value)


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ('["19_2_10", "00_0_00"]', ""),
        ('["20_0_00"]', "which the axes do not make"),
        ('"00_0_00"', "expected to list names"),
        ("[7]", "expected to list names"),
    ],
)
def test_samples_that_do_not_exist_are_left_out_by_name(tmp_path: Path, without: str, words: str) -> None:
    text = (folder("data_specs") / "fslab.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("[samples.axes]", f"without = {without}\n[samples.axes]"), "utf-8")
    if words:
        with pytest.raises(FormatError, match=words):
            load_spec(str(own))
        return
    names = [sample.name for sample in load_spec(str(own)).samples]
    assert len(names) == 658 and names[0] == "00_0_01" and names[-1] == "19_2_09"
