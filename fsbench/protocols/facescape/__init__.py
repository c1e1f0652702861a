"""FaceScape, in the wild and in the lab: the camera is kept, cylinder maps are compared."""
