"""Protocols: fixed ways to align and measure; each writes a signature beside its numbers."""
