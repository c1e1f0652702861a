"""Figures: one question each, one file a kind."""
