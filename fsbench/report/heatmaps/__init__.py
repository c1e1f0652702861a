"""Heat maps: where on the face a prediction is off."""
