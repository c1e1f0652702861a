"""NeRSemble's single-view face reconstruction against clouds of one's own: local, not the leaderboard."""
