"""MICC Florence, in the two ways in which papers score it."""
