"""FaceScape's own data, as its licence holders have it on disk: TU models, bilinear models, multi-view captures."""
