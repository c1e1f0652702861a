"""What can be chosen by name, each list once: light enough for the command line's help to read it.

What carries out a choice stands in a dictionary made from its list here, so that no name is without its function.
"""

from types import MappingProxyType

MESH_SUFFIXES = (".obj", ".off", ".ply", ".stl")
"""File name endings of meshes."""

TABLE_FORMATS = ("text", "csv", "markdown", "latex", "json", "html")
COMPARISON_FORMATS = ("text", "markdown", "latex", "csv", "json")

PLOT_KINDS = MappingProxyType(
    {
        "error": "mean error over the bins, with intervals",
        "distribution": "boxes of the samples' errors, by bin",
        "cumulative": "share of all samples with at most an error",
        "cd-cr": "chamfer distance against complete rate",
    }
)
"""Kind of figure to what it shows."""

PLOT_STYLES = ("paper", "talk")
FIGURE_FORMATS = ("png", "svg", "pdf")

POLICIES = MappingProxyType(
    {
        "legacy": "each method's mean is over the samples that it scored, as in the published tables",
        "common": "every mean is over the samples that all compared methods scored",
        "penalised": "a failed sample counts as the worst score that any compared method got on it, "
        "and where all failed on it, as the worst score in its bin",
    }
)
"""Failure policy to what it does."""

PAIRS = MappingProxyType(
    {
        "first": "the first run against each other one",
        "neighbours": "each method against the next in rank",
        "all": "every method against every other",
    }
)
"""Which methods are set against each other."""

SCALES = ("fitted", "metric")
ENGINES = ("local", "dask")
