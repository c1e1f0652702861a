"""NoW: seven landmarks, a rigid fit, distances from scan to mesh."""
