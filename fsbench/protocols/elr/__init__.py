"""M3D-FB's estimator "E12": landmark-driven bending with a topology correction, closest to the true error."""
