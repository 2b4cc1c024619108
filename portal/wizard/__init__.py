"""The six steps that open a client space, and the one command that provisions it."""
