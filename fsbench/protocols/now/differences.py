"""Differences of our NoW from the official evaluator; every run reports them."""

from fsbench.protocols.now.protocol import Now


def differences(protocol: Now) -> tuple[str, ...]:
    """Deliberate differences from the evaluator of 2025 under these settings, one line each.

    On healthy input the numbers are the same. docs/scan.md has the reasons.
    """
    found = []
    if protocol.mirror == "refused":
        found.append("mirrored or exchanged landmarks are invalid, not scored (--set mirror=allowed scores them)")
    if protocol.scale == "metric":
        if protocol.start == "landmarks":
            found.append(
                "the metrical start does not depend on the prediction's own origin (--set start=official: it does)"
            )
        if protocol.unit == "found":
            found.append("the predictions' unit is found automatically (--pred-unit names it)")
    return (
        *found,
        "a missing prediction is a row and an exit code, not left out silently; pooled numbers cover scored samples",
        "triangles without area and perfect predictions are scored; the evaluator stops there",
        "vertices of a scan that no triangle uses are not measured from",
        "vertex colours are not read as vertices; landmarks are read as XML or numbers, not by line, and not rounded",
    )
