"""A benchmark made from textured 3D faces that its user owns: heads in, images, cameras, meshes and a TOML out."""
