"""Checklists of documents that the firm asks of a client: what, in which format, by when, of whom."""
