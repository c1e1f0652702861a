"""The zip that NeRSemble's SVFR benchmark takes: written, and looked at as its official client does and beyond."""
