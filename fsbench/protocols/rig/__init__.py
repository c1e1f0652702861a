"""Expression rigs: the shape of a face, how it moves from neutral to each expression, and how its skin folds."""
