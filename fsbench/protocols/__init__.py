"""Frozen recipes of alignment and metrics; each leaves a signature with its numbers."""
