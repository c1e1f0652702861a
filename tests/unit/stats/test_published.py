"""Differences of means against hand calculations."""

import math

import pytest

from fsbench.stats.published import difference_of_means

NAN = float("nan")


def test_half_widths_of_3_and_4_make_5():
    difference, low, high, _ = difference_of_means((20.0, 17.0, 23.0), (10.0, 6.0, 14.0), 0.0)
    assert (difference, low, high) == (10.0, 5.0, 15.0)


def test_of_lopsided_intervals_the_sides_that_face_each_other_are_taken():
    _, low, high, _ = difference_of_means((20.0, 17.0, 32.0), (10.0, 5.0, 14.0), 0.0)
    assert (low, high) == (10 - math.hypot(3, 4), 10 + math.hypot(12, 5))


def test_what_evaluators_differ_by_is_added_whole_on_both_sides():
    _, low, high, _ = difference_of_means((20.0, 17.0, 23.0), (10.0, 6.0, 14.0), 2.0)
    assert (low, high) == (3.0, 17.0)


@pytest.mark.parametrize("first", [20.0, 0.0])
def test_p_is_a_twentieth_where_the_interval_touches_zero(first):
    _, low, high, p = difference_of_means((first, first - 3, first + 3), (10.0, 6.0, 14.0), 5.0)
    assert 0.0 in (low, high)
    assert p == pytest.approx(0.05, abs=1e-12)


def test_a_difference_within_that_of_the_evaluators_has_a_p_of_one():
    assert difference_of_means((10.5, 10.5, 10.5), (10.0, 10.0, 10.0), 0.5)[3] == 1.0
    assert difference_of_means((10.6, 10.6, 10.6), (10.0, 10.0, 10.0), 0.5)[3] == 0.0


@pytest.mark.parametrize("first, may_differ_by", [((2.0, NAN, NAN), 0.1), ((2.0, 1.0, 3.0), NAN), ((NAN,) * 3, 0.1)])
def test_without_an_interval_or_a_bound_nothing_is_told(first, may_differ_by):
    _, low, high, p = difference_of_means(first, (10.0, 6.0, 14.0), may_differ_by)
    assert all(value != value for value in (low, high, p))
