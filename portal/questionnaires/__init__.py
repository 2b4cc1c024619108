"""Forms: templates, what was sent to whom, and the answers."""
