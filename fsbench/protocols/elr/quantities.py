"""The columns of the ELR protocol."""

from dataclasses import replace

from fsbench.protocols.shared_quantities import LANDMARK_RMS_MM, SCALES, SUSPICIOUS, error

CAUTIONS = (
    "ELR runs over the prediction's vertices: where these are dense, as around a nose, the face counts more",
    "ELR corrects along x, y and z one by one, so it depends on the frame of the scan: turn no scans",
    "ELR needs the weights of the prediction's topology; with weights:own they come from each prediction's own shape",
)
"""What stands under every table."""

METRICS = (
    replace(error("elr_mm", "ELR", statistic=True), note=". ".join(CAUTIONS)),
    error("uncorrected_mm", "Uncorrected", statistic=True),
    LANDMARK_RMS_MM,
    *SCALES,
    SUSPICIOUS,
)
"""Columns of a run, in order."""
