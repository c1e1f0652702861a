"""FaceScape with landmarks of both sides: the head's rotation and the landmarks in the image beside its columns."""
