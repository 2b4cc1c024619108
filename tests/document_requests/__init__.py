"""Document requests: sending, handing in, deciding, reminding, and who sees what."""
