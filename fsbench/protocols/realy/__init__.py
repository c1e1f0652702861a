"""REALY: nose, mouth, forehead and cheek of a face against a scan, each in a correspondence of its own."""
