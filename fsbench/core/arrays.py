"""Arrays and tensors of other libraries as numpy arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import MeshError

_STEPS = ("detach", "cpu", "numpy")
"""Methods that turn a tensor into a plain array, called in this order if the tensor has them."""


def as_array(values: Any, what: str) -> npt.NDArray[Any]:
    """Convert an array, an object with `__array__` or a tensor (with a gradient or on a GPU too) to a numpy array.

    Parameters
    ----------
    values : array_like or tensor
    what : str
        Name of the values in messages, plural: "vertices".

    Raises
    ------
    MeshError
        If the values cannot be converted; the message says what to call.

    Examples
    --------
    >>> as_array([[1, 2, 3]], "vertices").shape
    (1, 3)
    """
    if isinstance(values, np.ma.MaskedArray) and (n_masked := int(np.ma.getmaskarray(values).sum())):
        raise MeshError(f"{what}: {n_masked} numbers are masked; leave these points out, or fill them with `filled`")
    taken = values
    try:
        # numpy arrays need no conversion, and lists have no such methods.
        for step in _STEPS:
            taken = getattr(taken, step)() if callable(getattr(taken, step, None)) else taken
        return np.asarray(taken)
    # Foreign code may raise anything: torch raises RuntimeError and TypeError, jax and tensorflow others too.
    except (ValueError, TypeError, RuntimeError, AttributeError, LookupError, BufferError, ImportError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        if not _is_foreign(values):
            raise MeshError(f"{what} are no array: {reason}") from error
        raise MeshError(
            f"{what} of type {_name(values)} cannot be taken: {reason}. Hand over a numpy array, of a tensor by "
            f"{what}.detach().cpu().float().numpy()"
        ) from error


def as_floats(values: Any, what: str) -> npt.NDArray[np.float64]:
    """Convert like `as_array`, to double precision; MeshError if a value is no number."""
    try:
        return as_array(values, what).astype(np.float64, copy=False)
    except (ValueError, TypeError) as error:
        raise MeshError(f"{what} are no numbers: {error}") from error


def by_column(operation: np.ufunc, points: npt.NDArray[np.float64], row: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """`operation(points, row)` of points (n, k) and a row of k numbers, column by column.

    The same numbers, several times as fast: numpy by itself goes through the k numbers of one point after the other.

    Examples
    --------
    >>> by_column(np.subtract, np.ones((2, 3)), [1, 2, 3]).tolist()
    [[0.0, -1.0, -2.0], [0.0, -1.0, -2.0]]
    """
    found = np.empty(points.shape)
    for numbers, number, out in zip(points.T, np.asarray(row), found.T, strict=True):
        operation(numbers, number, out=out)
    return found


def spread_of(points: npt.NDArray[np.float64]) -> float:
    """Root mean square distance of points (n, 3) from their middle."""
    return float(np.sqrt(points.var(0).sum()))


def _is_foreign(values: Any) -> bool:
    """Whether a value, or the first of a list, is an array of a library other than numpy."""
    one = values[0] if isinstance(values, list | tuple) and values else values
    return any(hasattr(one, name) for name in (*_STEPS, "__array__")) and not isinstance(one, np.ndarray | np.generic)


def _name(values: Any) -> str:
    kind = type(values)
    return f"{kind.__module__}.{kind.__qualname__}"
