"""What our NoW does otherwise than the official evaluator, to be said with every run."""

from fsbench.protocols.now.protocol import Now


def differences(protocol: Now) -> tuple[str, ...]:
    """Lines for people: deliberate differences from the evaluator of 2025, as the protocol is set.

    On healthy input there is none in the numbers. docs/scan.md has the reasons.
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
            found.append("the predictions' unit is found (--pred-unit names it)")
    return (
        *found,
        "a missing prediction is a row and an exit code, not left out unseen; pooled numbers are of what is scored",
        "triangles without area and perfect predictions are scored; the evaluator stops there",
        "colours of vertices are not read as vertices; landmarks are read as XML or numbers, not by line, unrounded",
    )
