"""Access that ends by itself (F39): who is told before, and how it is renewed."""
