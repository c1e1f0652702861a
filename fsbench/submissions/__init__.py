"""Adapters: a method's raw files in, a Mesh in the benchmark's camera frame out."""

from fsbench.submissions.adapter import Adapter, AdapterLike, ExpectedFile, SideFile
from fsbench.submissions.frame import Frame
from fsbench.submissions.own import Own
from fsbench.submissions.registry import get, load, names

__all__ = ["Adapter", "AdapterLike", "ExpectedFile", "Frame", "Own", "SideFile", "get", "load", "names"]
