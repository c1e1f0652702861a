"""Leaderboards: published rows and runs, and all that is derived from them."""
