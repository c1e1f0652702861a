"""MICC Florence, scored in the two ways that papers use."""
