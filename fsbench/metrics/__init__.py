"""Metrics between shapes: cylinder maps, chamfer distance, normals, surface distances."""
