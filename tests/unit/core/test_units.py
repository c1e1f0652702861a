"""Units: found by size, refused where no unit gives a face."""

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError
from fsbench.core.units import (
    MM_PER,
    Unit,
    inches_if_not_cm,
    smaller_unit,
    unit_called,
    unit_nearest,
    unit_of_scan,
)
from tests.heads import face_of, head


@pytest.mark.parametrize("unit", ["um", "mm", "cm", "m"])
@pytest.mark.parametrize("part", [head(20, 30), face_of(head(40, 60), 60)], ids=["head", "tight crop"])
def test_a_scan_tells_its_unit(unit: str, part) -> None:
    assert unit_of_scan(part.vertices / MM_PER[unit]).name == unit


def test_the_unit_cube_is_no_unit() -> None:
    with pytest.raises(AlignmentError, match=r"diagonal of 3\.4.*--reference-unit its unit's length"):
        unit_of_scan(np.array([[-1.0, -1, -1], [1, 1, 1]]))


@pytest.mark.parametrize(("scale", "name"), [(1030.0, "m"), (0.97, "mm"), (0.0011, "um"), (8.0, "cm"), (53.0, "dm")])
def test_the_nearest_unit_is_nearest_by_ratio(scale: float, name: str) -> None:
    assert unit_nearest(scale).name == name


@pytest.mark.parametrize("name", ["inch", "0", "-1", "nan", "inf", "1e999", "", "found"])
def test_unknown_units_are_refused(name: str) -> None:
    with pytest.raises(AlignmentError, match=f"no unit '{name}'.*millimetres"):
        unit_called(name)


@pytest.mark.parametrize(("text", "name", "mm"), [("180", "180", 180), ("180.00", "180", 180), ("1e3", "m", 1000)])
def test_a_number_is_millimetres_and_has_one_name(text: str, name: str, mm: float) -> None:
    assert unit_called(text) == Unit(name, mm)


def test_a_crop_in_mm_has_the_size_of_a_head_in_cm_until_landmarks_say() -> None:
    crop = face_of(head(90, 120), 26).vertices
    unit = unit_of_scan(crop)
    assert unit.name == "cm" and smaller_unit(crop, unit) == Unit("mm", 1.0)
    assert unit_of_scan(crop, crop[::20]).name == "mm"
    bust = head(20, 30).vertices / 10
    assert unit_of_scan(bust, face_of(head(40, 60), 60).vertices[::20] / 10).name == "cm"


@pytest.mark.parametrize("unit", ["um", "mm", "m"])
def test_other_units_leave_no_doubt(unit: str) -> None:
    assert smaller_unit(head(20, 30).vertices / MM_PER[unit], unit_called(unit)) is None


@pytest.mark.parametrize("mm", [0.001, 1, 10, 25.4, 100, 304.8, 1000])
@pytest.mark.parametrize("part", [head(20, 30), face_of(head(40, 60), 60)], ids=["head", "tight crop"])
def test_landmarks_tell_every_unit(mm: float, part) -> None:
    marks = face_of(head(40, 60), 60).vertices[::20]
    assert unit_of_scan(part.vertices / mm, marks / mm).mm == mm


def test_what_only_its_size_tells_may_be_inches() -> None:
    inches = head(20, 30).vertices / 25.4
    taken = unit_of_scan(inches)
    assert taken.name == "cm" and inches_if_not_cm(inches, taken) > 80
    assert inches_if_not_cm(head(20, 30).vertices, unit_called("mm")) == 0
