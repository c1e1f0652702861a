"""Geometry: functions from shapes to shapes or transforms."""
