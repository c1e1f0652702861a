"""A benchmark and a submission in, a run out."""
