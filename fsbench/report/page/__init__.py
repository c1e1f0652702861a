"""The page: runs as one file that a browser opens, offline and by itself."""
