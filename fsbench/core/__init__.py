"""Types and functions that all other packages use: errors, meshes, units, quantities, signatures, compiled loops."""
