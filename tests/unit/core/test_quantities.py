import pytest

from fsbench.core.quantities import quantity, with_companions


@pytest.mark.parametrize(
    ("name", "heading", "better", "shown"),
    [
        ("cd_mm", "CD (mm)", "lower", "1.23"),
        ("mne_rad", "MNE (rad)", "lower", "1.235"),
        ("cr", "CR (%)", "higher", "123.5"),
        ("overlap_px", "Overlap (px)", None, "1"),
        ("scan_to_mesh_mean_mm", "Scan to mesh mean (mm)", "lower", "1.23"),
        ("rmse_mm", "Rmse (mm)", "lower", "1.23"),
        ("p90_mm", "P90 (mm)", "lower", "1.23"),
        ("share_1mm", "Within 1 mm (%)", "higher", "123.5"),
        ("share_2.5mm", "Within 2.5 mm (%)", "higher", "123.5"),
        ("symmetric_share_5mm", "Symmetric within 5 mm (%)", "higher", "123.5"),
        ("scale", "Scale", None, "1.235"),
        ("nose_mm", "Nose (mm)", None, "1.23"),
    ],
)
def test_names_say_how_to_read_them(name, heading, better, shown):
    what = quantity(name)
    assert (what.heading, what.better, what.show(1.2346)) == (heading, better, shown)


def test_nothing_and_nearly_nothing():
    assert quantity("cd_mm").show(float("nan")) == "-"
    assert quantity("cd_mm").show(-0.004) == "0.00"
    assert quantity("cd_mm").show(-0.004, plus=True) == "0.00"
    assert quantity("cd_mm").show(0.25, plus=True) == "+0.25"


def test_chamfer_is_never_alone():
    assert with_companions(["cd_mm"], ["cd_mm", "cr"]) == ["cd_mm", "cr"]
    assert with_companions(["cr", "cd_mm"], ["cd_mm", "cr"]) == ["cr", "cd_mm"]
    assert with_companions(["cd_mm"], ["cd_mm"]) == ["cd_mm"]
    assert with_companions(["cd_ref_to_pred_mm", "cd_mm"], ["cd_mm", "cd_ref_to_pred_mm", "cr"]) == [
        "cd_ref_to_pred_mm",
        "cr",
        "cd_mm",
    ]
