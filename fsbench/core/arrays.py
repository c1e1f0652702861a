"""Arrays: what other libraries hand over, as numpy sees it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import MeshError

_STEPS = ("detach", "cpu", "numpy")
"""What a tensor is asked for, in order, as far as it offers it."""


def as_array(values: Any, what: str) -> npt.NDArray[Any]:
    """An array of what is one, can become one by `__array__`, or is a tensor, with a gradient or on a GPU too.

    Parameters
    ----------
    values : array_like or tensor
    what : str
        What it is, plural, for people: "vertices".

    Raises
    ------
    MeshError
        If there is no way; with what to call.

    Examples
    --------
    >>> as_array([[1, 2, 3]], "vertices").shape
    (1, 3)
    """
    taken = values
    try:
        # Of numpy's own nothing need be asked, and lists have none of this.
        for step in _STEPS:
            taken = getattr(taken, step)() if callable(getattr(taken, step, None)) else taken
        return np.asarray(taken)
    # Foreign code: torch raises RuntimeError and TypeError, jax and tensorflow these and others.
    except (ValueError, TypeError, RuntimeError, AttributeError, LookupError, BufferError, ImportError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        if not _is_foreign(values):
            raise MeshError(f"{what} are no array: {reason}") from error
        raise MeshError(
            f"{what} of type {_name(values)} cannot be taken: {reason}. Hand over a numpy array, of a tensor by "
            f"{what}.detach().cpu().float().numpy()"
        ) from error


def as_floats(values: Any, what: str) -> npt.NDArray[np.float64]:
    """The same in double precision; MeshError if that is no number."""
    try:
        return as_array(values, what).astype(np.float64, copy=False)
    except (ValueError, TypeError) as error:
        raise MeshError(f"{what} are no numbers: {error}") from error


def _is_foreign(values: Any) -> bool:
    """Whether a value, or the first of a list of them, is of a library of arrays that is not numpy."""
    one = values[0] if isinstance(values, list | tuple) and values else values
    return any(hasattr(one, name) for name in (*_STEPS, "__array__")) and not isinstance(one, np.ndarray | np.generic)


def _name(values: Any) -> str:
    kind = type(values)
    return f"{kind.__module__}.{kind.__qualname__}"
