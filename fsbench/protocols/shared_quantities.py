"""Quantities that several protocols share: statistics of distances, and figures about an alignment."""

from fsbench.core.quantities import Quantity


def distance_statistics(prefix: str = "", label: str = "") -> tuple[Quantity, ...]:
    """The statistics of `fsbench.metrics.surface_distance.summarise`, in its order.

    Parameters
    ----------
    prefix : str
        Prefix of each name, e.g. "ref_to_pred_".
    label : str
        Prefix of each label, e.g. "Ref to pred".

    Examples
    --------
    >>> [one.heading for one in distance_statistics("nearest_", "Nearest")][::4]
    ['Nearest mean (mm)', 'Nearest within 1 mm (%)']
    """
    return (
        *(error(f"{prefix}{name}_mm", _label(label, name), statistic=True) for name in _ERRORS),
        *(share(f"{prefix}share_{name}mm", _label(label, f"within {limit} mm")) for name, limit in _LIMITS.items()),
    )


_ERRORS = ("mean", "median", "rmse", "p90")
_LIMITS = {"1": "1", "2_5": "2.5", "5": "5"}


def _label(label: str, text: str) -> str:
    return f"{label} {text}" if label else text.capitalize()


def error(name: str, label: str, *, statistic: bool = False) -> Quantity:
    """A distance in mm; lower is better."""
    return Quantity(name, label, "mm", 2, "lower", low=0.0, statistic=statistic)


def share(name: str, label: str) -> Quantity:
    """A share in [0, 1], shown in percent; higher is better."""
    return Quantity(name, label, "%", 1, "higher", 100.0, low=0.0, high=1.0, statistic=True)


NORMAL_DEG = Quantity("normal_deg", "Normal angle", "deg", 2, "lower", low=0.0, high=180.0)
"""Mean angle between the normals of nearest places."""

INLIER_SHARE = share("inlier_share", "Inlier share")
"""Share of the points that the alignment used."""

LANDMARK_RMS_MM = Quantity("landmark_rms_mm", "Landmark rms", "mm", 2, low=0.0)
"""Root mean square distance of the landmarks after their alignment."""

SCALES = (Quantity("mm_per_unit", "Mm per unit", low=0.0), Quantity("ref_mm_per_unit", "Ref mm per unit", low=0.0))
"""Millimetres per unit of the prediction, and of the reference."""

SUSPICIOUS = Quantity("suspicious", "Suspicious", low=0.0, high=1.0)
"""1 if a person should check the alignment, else 0."""
