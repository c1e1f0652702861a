"""Benchmarks that stay open between samples until their specification or lists change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from fsbench.benchmarks.digests import content_of
from fsbench.benchmarks.spec import spec_path

_MOST = 4


class _Opened(Protocol):
    @property
    def sources(self) -> Sequence[Path]: ...


_Benchmark = TypeVar("_Benchmark", bound=_Opened)


@dataclass(slots=True, eq=False)
class Reopening(Generic[_Benchmark]):
    """Opens benchmarks, and reuses an open one while its specification and lists are unchanged.

    Parameters
    ----------
    open_ : callable
        Opens a benchmark from its name, its root, and further arguments.
    """

    open_: Callable[..., _Benchmark]
    _kept: dict[tuple[object, ...], tuple[_Benchmark, str]] = field(default_factory=dict)

    def __call__(self, name: str, root: str, *others: object) -> _Benchmark:
        """The benchmark; errors as `open_`."""
        spec = spec_path(name).absolute()
        key = (name, spec, Path(root).absolute(), *others)
        if (found := self._kept.get(key)) is not None and found[1] == content_of([spec, *found[0].sources]):
            return found[0]
        benchmark = self.open_(name, root, *others)
        # Other threads do the same; a benchmark dropped here may still be in use by another.
        for oldest in list(self._kept)[: 1 - _MOST]:
            self._kept.pop(oldest, None)
        self._kept[key] = benchmark, content_of([spec, *benchmark.sources])
        return benchmark

    def forget(self) -> None:
        """Open every benchmark anew: a file that came or went deep below a folder is no change of the folder."""
        self._kept.clear()
