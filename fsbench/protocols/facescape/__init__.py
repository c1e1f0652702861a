"""FaceScape, in the wild and in the lab: keep the camera and compare cylinder maps."""
