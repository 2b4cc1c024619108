"""Excel workbooks made in the background."""
