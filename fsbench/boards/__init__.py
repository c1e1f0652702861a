"""Leaderboards: published scores and added runs, with the README, figures and JSON made from them."""
