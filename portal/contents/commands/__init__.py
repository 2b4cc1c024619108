"""Making what shows a file, and keeping it."""
