"""Corresponding points instead of nearest ones, by many landmarks."""
