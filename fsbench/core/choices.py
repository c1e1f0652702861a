"""Choices by name, each list once; importing them is cheap enough for the command line's help.

The functions of a choice are in a dictionary made from its list here, so that no name lacks its function.
"""

from types import MappingProxyType

MESH_SUFFIXES = (".obj", ".off", ".ply", ".stl")
"""File name endings of meshes."""

TABLE_FORMATS = ("text", "csv", "markdown", "latex", "json", "html")
WORST_FORMATS = ("text", "markdown", "csv")
WHOLE_SIGNATURES = ("csv", "json", "latex")
"""Formats with signatures as a whole: of programs, and where they are a comment."""
COMPARISON_FORMATS = ("text", "markdown", "latex", "csv", "json")

PLOT_KINDS = MappingProxyType(
    {
        "error": "mean error over the bins, with intervals",
        "distribution": "boxes of the samples' errors, by bin",
        "cumulative": "share of all samples with at most an error",
        "cd-cr": "chamfer distance against complete rate",
        "means": "mean of each method, with intervals",
        "differences": "paired differences of the first method from each other one, against zero",
    }
)
"""Content of a figure by its kind."""

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
"""Effect of a failure policy by its name."""

PAIRS = MappingProxyType(
    {
        "first": "the first run against each other one",
        "neighbours": "each method against the next in rank",
        "all": "every method against every other",
    }
)
"""The pairs of methods that are compared, by name."""

SCALES = ("fitted", "metric")
ENGINES = ("local", "dask")
