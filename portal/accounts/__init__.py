"""People, the firm, roles, sign-in and activation."""
