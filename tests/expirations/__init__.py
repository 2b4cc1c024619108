"""Access that ends by itself."""
