"""Shapes in, shapes or transforms out."""
