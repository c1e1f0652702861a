"""A user's own function: what it may return, how it may fail, and that it survives a process."""

import pickle
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FsbenchError, MeshError, MissingError, UsageError
from fsbench.submissions import Own, get, names, own

CODE = """
import numpy as np
from fsbench.core.errors import FormatError
from fsbench.core.mesh import Mesh

TRIANGLE = np.eye(3)

def pair(folder, sample, focal_px):
    '''Reads nothing.'''
    return TRIANGLE * (focal_px or 1), [[0, 1, 2]]

def mesh(folder, sample, focal_px):
    return Mesh(TRIANGLE, [[2, 1, 0]])

def nothing(folder, sample, focal_px):
    return None

def absent(folder, sample, focal_px):
    open(folder / f"{sample}.glb")

def broken(folder, sample, focal_px):
    return {}["cam"]

def refusing(folder, sample, focal_px):
    raise FormatError("cam.npy: too short")

def leaving(folder, sample, focal_px):
    raise SystemExit(0)

def stopped(folder, sample, focal_px):
    raise KeyboardInterrupt

def talking(folder, sample, focal_px):
    print("reading", sample)
    return TRIANGLE, [[0, 1, 2]]

def number(folder, sample, focal_px):
    return 3

def ragged(folder, sample, focal_px):
    return [[0, 0, 0], [1]], [[0, 1, 2]]

def tensors(folder, sample, focal_px):
    from tests.tensors import Tensor
    return Tensor(TRIANGLE, device="cuda", needs_gradient=True), Tensor(np.array([[0, 1, 2]]), device="cuda")

def half(folder, sample, focal_px):
    from tests.tensors import Tensor
    return Tensor(TRIANGLE, is_bfloat16=True), [[0, 1, 2]]

constant = 3
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    file = tmp_path / "my_method.py"
    file.write_text(CODE)
    return file


def test_a_function_gives_vertices_and_faces_or_a_mesh(code: Path, tmp_path: Path) -> None:
    mesh = get(f"{code}:pair").load(tmp_path, "000", 2.0)
    np.testing.assert_array_equal(mesh.vertices, 2 * np.eye(3))
    assert get(f"{code}:mesh").load(tmp_path, "000").faces.tolist() == [[2, 1, 0]]
    assert get(f"{code}:pair").text == {"": "Reads nothing."}


@pytest.mark.parametrize(
    ("function", "error", "status", "message"),
    [
        ("nothing", MissingError, "missing", "my_method.py:nothing returned None"),
        ("absent", MissingError, "missing", r"000\.glb is not there"),
        ("broken", FsbenchError, "failed", r"my_method.py:broken: my_method.py, line \d+: KeyError: 'cam'"),
        ("leaving", FsbenchError, "failed", r"my_method.py:leaving: my_method.py, line \d+: SystemExit: 0"),
        ("refusing", FsbenchError, "invalid", r"^cam\.npy: too short"),
        ("number", MeshError, "invalid", r"returned int, expected a Mesh or \(vertices, faces\)"),
        ("ragged", MeshError, "invalid", "no usable mesh"),
        ("half", MeshError, "invalid", r"no usable mesh: .*BFloat16.* vertices\.detach\(\)\.cpu\(\)"),
    ],
)
def test_its_failure_is_the_samples_reason(
    code: Path, tmp_path: Path, function: str, error: type, status: str, message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        get(f"{code}:{function}").load(tmp_path, "000")
    assert caught.value.status == status


def test_it_may_hand_over_tensors(code: Path, tmp_path: Path) -> None:
    mesh = get(f"{code}:tensors").load(tmp_path, "000")
    np.testing.assert_array_equal(mesh.vertices, np.eye(3))
    assert mesh.faces.tolist() == [[0, 1, 2]]


def test_a_changed_file_is_another_function(code: Path, tmp_path: Path) -> None:
    before = get(f"{code}:pair").load(tmp_path, "000").vertices
    # As long as before, and within the same second: Python's own cache would not see it.
    code.write_text(CODE.replace("np.eye(3)", "np.tri(3)"))
    after = get(f"{code}:pair").load(tmp_path, "000").vertices
    np.testing.assert_array_equal(before, np.eye(3))
    np.testing.assert_array_equal(after, np.tri(3))


def test_ctrl_c_is_not_its_failure(code: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        get(f"{code}:stopped").load(tmp_path, "000")


def test_what_it_prints_is_no_data_of_ours(code: Path, tmp_path: Path, capsys) -> None:
    code.write_text("print('hello')\n" + CODE)
    get(f"{code}:talking").load(tmp_path, "000")
    assert capsys.readouterr() == ("", "hello\nreading 000\n")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("absent.py:load", "there is no file absent.py"),
        ("{code}", r"expected FILE\.py:function"),
        ("{code}:", r"expected FILE\.py:function"),
        ("{code}:pairs", "no function 'pairs'. Did you mean pair"),
        ("{code}:constant", "is int, expected a function"),
    ],
)
def test_a_wrong_name_is_refused_at_once(code: Path, spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        get(spec.format(code=code))


def test_a_file_that_cannot_be_imported_says_where(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = 1\nimport nonexistent_package\n")
    with pytest.raises(UsageError, match=r"bad\.py, line 2: ModuleNotFoundError"):
        get(f"{tmp_path / 'bad.py'}:load")
    (tmp_path / "leaving.py").write_text("import sys\nsys.exit()\n")
    with pytest.raises(UsageError, match=r"leaving\.py, line 2: SystemExit"):
        get(f"{tmp_path / 'leaving.py'}:load")
    (tmp_path / "lacking.py").write_text("\nopen('absent.npy')\n")
    with pytest.raises(UsageError, match=r"lacking\.py, line 2: FileNotFoundError"):
        get(f"{tmp_path / 'lacking.py'}:load")
    (tmp_path / "worse.py").write_text("def load(:\n")
    with pytest.raises(UsageError, match="SyntaxError"):
        get(f"{tmp_path / 'worse.py'}:load")


def test_it_goes_to_another_process_by_its_path(code: Path, tmp_path: Path) -> None:
    adapter = pickle.loads(pickle.dumps(get(f"{code}:pair")))  # noqa: S301 (our own bytes)
    assert adapter == Own("my_method.py:pair", str(code.resolve()), "pair")
    assert adapter.load(tmp_path, "000").n_vertices == 3


def test_the_code_is_the_setting(code: Path) -> None:
    before = get(f"{code}:pair").settings()
    code.write_text(CODE + "\n# changed\n")
    after = get(f"{code}:pair").settings()
    assert before["adapter"] == after["adapter"] == "my_method.py:pair"
    assert before["sha256"] != after["sha256"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints(
        [
            EntryPoint("their_adapter", "fsbench.adapters.published:PUBLISHED.__getitem__", own.GROUP),
            EntryPoint("their_object", "fsbench.adapters.registry:_PUBLISHED", own.GROUP),
            EntryPoint("gone", "no_such_package:load", own.GROUP),
            EntryPoint("DECA", "no_such_package:load", own.GROUP),
        ]
    )
    monkeypatch.setattr(own, "entry_points", lambda **select: points.select(**select))


def test_packages_add_adapters(installed: None, tmp_path: Path) -> None:
    assert {"their_adapter", "their_object", "gone"} < set(names())
    adapter = get("their_adapter")
    assert adapter.settings() == {
        "adapter": "their_adapter",
        "entry_point": "fsbench.adapters.published:PUBLISHED.__getitem__",
        "package": "",
    }
    with pytest.raises(FsbenchError, match="TypeError"):
        adapter.load(tmp_path, "000")


def test_what_packages_offer_is_looked_at(installed: None) -> None:
    with pytest.raises(UsageError, match="is dict, expected a function"):
        get("their_object")
    with pytest.raises(UsageError, match=r"cannot be imported: .*no_such_package"):
        get("gone")


def test_no_package_replaces_a_published_method(installed: None) -> None:
    assert names().count("DECA") == 1
    assert get("DECA").settings() == {"adapter": "DECA"}
