"""Any scan against any reconstruction of it, aligned by ICP."""
