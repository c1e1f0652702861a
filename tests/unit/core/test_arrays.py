"""Arrays of other libraries: taken where that is possible, else refused with what to call."""

import numpy as np
import pytest

from fsbench.core.arrays import as_array, as_floats
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from tests.tensors import Tensor


@pytest.mark.parametrize("tensor", [Tensor(np.eye(3), device="cuda"), Tensor(np.eye(3), needs_gradient=True)])
def test_a_tensor_is_taken_from_a_graph_and_from_a_gpu(tensor: Tensor) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        np.asarray(tensor)
    np.testing.assert_array_equal(as_array(tensor, "vertices"), np.eye(3))
    assert Mesh(tensor, Tensor(np.array([[0, 1, 2]]), device="cuda")).n_faces == 1


class Only:
    """Has `__array__` and nothing else."""

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.eye(3)


def test_what_has_only_an_array_is_taken() -> None:
    np.testing.assert_array_equal(as_array(Only(), "vertices"), np.eye(3))


@pytest.mark.parametrize(
    "values",
    [Tensor(np.eye(3), is_bfloat16=True), [Tensor(np.eye(3)[0], needs_gradient=True)] * 3],
    ids=["bf16", "list"],
)
def test_what_cannot_be_taken_says_what_to_call(values: object) -> None:
    with pytest.raises(
        MeshError, match=r"vertices of type .* cannot be taken.*vertices\.detach\(\)\.cpu\(\)\.float\(\)"
    ):
        Mesh(values, [[0, 1, 2]])


def test_lists_that_are_no_array_and_text_are_refused() -> None:
    with pytest.raises(MeshError, match="vertices are no array"):
        as_array([[0, 0, 0], [1]], "vertices")
    with pytest.raises(MeshError, match="landmarks are no numbers"):
        as_floats([["a", "b", "c"]], "landmarks")


def test_masked_numbers_are_refused() -> None:
    values = np.ma.masked_array(np.zeros((2, 3)), [[True, True, False], [False] * 3])
    with pytest.raises(MeshError, match="vertices: 2 numbers are masked"):
        as_array(values, "vertices")
    assert as_array(np.ma.masked_array(np.ones(2)), "vertices").tolist() == [1, 1]
