"""Tensors that behave like torch's where they are not on the CPU, or part of a graph; torch itself is not needed."""

import numpy as np


class Tensor:
    """An array that numpy may have only after `detach` and `cpu`, as far as it needs them."""

    def __init__(self, values, device: str = "cpu", needs_gradient: bool = False, is_bfloat16: bool = False) -> None:
        self._values, self._device = np.asarray(values), device
        self._needs_gradient, self._is_bfloat16 = needs_gradient, is_bfloat16

    def detach(self) -> "Tensor":
        return Tensor(self._values, self._device, False, self._is_bfloat16)

    def cpu(self) -> "Tensor":
        return Tensor(self._values, "cpu", self._needs_gradient, self._is_bfloat16)

    def numpy(self) -> np.ndarray:
        if self._needs_gradient:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self._device != "cpu":
            raise TypeError(f"can't convert {self._device}:0 device type tensor to numpy. Use Tensor.cpu() first.")
        if self._is_bfloat16:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._values

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.numpy()

    def __len__(self) -> int:
        return len(self._values)
