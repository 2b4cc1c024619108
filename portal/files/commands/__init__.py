"""Writes to the document space, one module per subject."""
