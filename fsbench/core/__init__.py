"""What everybody passes around: errors, meshes, units, quantities, signatures, compiled loops."""
