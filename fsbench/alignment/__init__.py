"""Two shapes in, a named transform out."""
