"""The zip for NeRSemble's SVFR benchmark: write it, and check it as its official client does and beyond."""
