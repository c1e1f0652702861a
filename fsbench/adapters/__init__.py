"""Adapters: a method's raw files in, a Mesh in the benchmark's camera frame out."""

from fsbench.adapters.adapter import Adapter, AdapterLike, ExpectedFile, SideFile
from fsbench.adapters.frame import Frame
from fsbench.adapters.own import Own
from fsbench.adapters.registry import get, load, names

__all__ = ["Adapter", "AdapterLike", "ExpectedFile", "Frame", "Own", "SideFile", "get", "load", "names"]
