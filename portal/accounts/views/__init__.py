"""The doors to the accounts: signing in, one's profile, contacts, collaborators, the firm."""

from portal.accounts.views import access, collaborators, contacts, firm, links, profile, roles, setup  # noqa: F401 - they add doors
from portal.accounts.views.blueprint import bp

__all__ = ["bp"]
