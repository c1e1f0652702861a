"""Arrays and pickled parameters: what NumPy and its users write, in all protocols."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, MissingError
from fsbench.io.npy import read_array, read_parameters
from fsbench.io.pickles import parameters_from_pickle

PARAMETERS = {
    "cam": np.array([9.5, 0.25, -1.0], np.float32),
    "matrix": np.asfortranarray(np.arange(6, dtype=">f8").reshape(2, 3)),
    "scalar": np.float64(2.5),
    "flag": np.bool_(True),
    "names": np.array(["a", "bc"]),
    "none": None,
    "list": [1, -2.5, True, "text", b"\x00\xff", (1, 2)],
    "nested": {"empty": {}, "large": 2**62},
    "nothing": np.empty(0, np.int32),
}


def equal(a: object, b: object) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray | np.generic) and isinstance(b, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and bool(np.all(a == b))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_parameters_come_back_from_every_protocol(protocol: int):
    data = pickle.dumps(np.array(PARAMETERS, dtype=object), protocol)
    assert equal(parameters_from_pickle(data, 1 << 20), PARAMETERS)


@pytest.mark.parametrize("core", [b"numpy.core", b"numpy._core"])
def test_module_names_of_numpy_1_and_2(core: bytes):
    data = pickle.dumps(PARAMETERS["cam"], 2).replace(b"numpy._core", core).replace(b"numpy.core", core)
    np.testing.assert_array_equal(parameters_from_pickle(data, 1000), PARAMETERS["cam"])


def python_2_pickle() -> bytes:
    """{"cam": array([1., 2.], float32)}, with byte strings, as Python 2 writes it."""
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    dtype = b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    state = b"(K\x01K\x02\x85" + dtype + b"\x89U\x08" + np.array([1, 2], "<f4").tobytes() + b"tb"
    return b"\x80\x02}U\x03cam" + array + state + b"s."


def test_byte_strings_of_python_2():
    found = parameters_from_pickle(python_2_pickle(), 1000)
    assert equal(found, {"cam": np.array([1, 2], np.float32)})
    assert equal(found, pickle.loads(python_2_pickle(), encoding="latin1"))  # noqa: S301 (written above)


@pytest.mark.parametrize("name", ["Similarity", "Euclidean", "Affine", "Projective"])
def test_a_transform_is_its_matrix(name: str):
    matrix = np.arange(9.0).reshape(3, 3)
    # As an object without a constructor: the class, no arguments, its attributes.
    state = pickle.dumps({"params": matrix}, 3)[2:-1]
    data = b"\x80\x03cskimage.transform._geometric\n" + name.encode() + b"Transform\n)\x81" + state + b"b."
    found = parameters_from_pickle(data, 1000)
    assert equal(found, matrix)


def test_object_arrays_of_numbers_become_arrays_and_of_others_lists():
    numbers = np.empty((2, 2), object)
    numbers[:] = [[1, 2], [3, 4.5]]
    assert equal(parameters_from_pickle(pickle.dumps(numbers), 1000), np.array([[1, 2], [3, 4.5]]))
    mixed = np.empty(2, object)
    mixed[:] = [np.arange(3), "x"]
    assert equal(parameters_from_pickle(pickle.dumps(mixed), 1000), [np.arange(3), "x"])


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.eye(3, dtype=np.float32)),
        np.array(3, ">i2"),
        np.array([True, False]),
    ],
)
@pytest.mark.parametrize("read", [read_array, read_parameters])
def test_plain_arrays(tmp_path: Path, array: np.ndarray, read):
    np.save(tmp_path / "a.npy", array)
    found = read(tmp_path / "a.npy")
    assert equal(found, array)
    assert found.flags.writeable


def test_headers_of_python_2_and_of_other_programs(tmp_path: Path):
    for header in (
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }",
        b'{"shape": (2), "descr": "<f8", "fortran_order": 0}',
    ):
        head = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n"
        (tmp_path / "a.npy").write_bytes(head + np.array([1.5, 2.5]).tobytes())
        assert read_array(tmp_path / "a.npy").tolist() == [1.5, 2.5]


def npy(descr: str, shape: str, content: bytes = bytes(16), version: int = 1) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return (
        b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(2 if version == 1 else 4, "little") + header + content
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"\x93NUMPY\x09\x00\x01\x00x", "not a .npy file"),
        (npy("'<f8'", "(2,)")[:40], "longer than the file"),
        (npy("'<f8'", "(3,)"), "announces 24 bytes of shape .3,., the file has 16"),
        (npy("'<f8'", "(1000000000, 1000000000)"), "announces 8,000,000,000,000,000,000 bytes"),
        (npy("'<f8'", "(1,)"), "the file has 16"),
        (npy("'<f8'", "(0,)", b""), "empty"),
        (npy("'<f8'", "(" + "1," * 33 + "2)"), "34 dimensions"),
        (npy("'<f8'", "(" + "1 1," * 60 + "x"), "cannot read the header"),
        (npy("'<f8'", "(-2,)"), "cannot read the header"),
        (npy("[('x', '<f8'), ('y', '<f8')]", "(1,)"), "cannot read the header"),
        (npy("'<M8[s]'", "(2,)"), "cannot read the header"),
        (npy("'<f7'", "(2,)"), "no type"),
        (npy("__import__('os').system('x')", "(2,)"), "cannot read the header"),
        (npy("'|O'", "()", b"N."), "pickled Python objects"),
    ],
)  # fmt: skip
def test_bad_arrays_are_refused(tmp_path: Path, data: bytes, reason: str):
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=reason) as caught:
        read_array(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_sizes_are_bounded(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.zeros(1000))
    with pytest.raises(FormatError, match="at most 1,000 are read"):
        read_array(tmp_path / "a.npy", max_bytes=1000)
    with pytest.raises(MissingError):
        read_parameters(tmp_path / "b.npy")


def test_the_methods_files(shared: Path):
    raw = shared / "golden" / "adapters" / "raw"
    for path in raw.glob("*/*/*_tform.npy"):
        matrix = read_parameters(path)
        assert matrix.shape == (3, 3)
        np.testing.assert_array_equal(matrix[2], [0, 0, 1])
    for path in raw.glob("RingNet/*/*.npy"):
        found = read_parameters(path)
        assert {name: value.shape for name, value in found.items()} == {
            "cam": (3,), "pose": (6,), "shape": (100,), "expression": (50,),
        }  # fmt: skip
    for path in raw.glob("UDL/*/*_crop.npy"):
        assert read_parameters(path).shape == (6,)
