"""Distances between corresponding points, which many landmarks define, instead of nearest points."""
