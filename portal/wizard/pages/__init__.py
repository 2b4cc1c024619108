"""What each step shows and saves. A page loads, binds its form, calls one command, and goes on."""

from portal.wizard.pages.collaborators import collaborators
from portal.wizard.pages.connectors import connectors
from portal.wizard.pages.contacts import contact_suggestions, contacts
from portal.wizard.pages.forms import forms
from portal.wizard.pages.information import information
from portal.wizard.pages.tree import tree

__all__ = ["collaborators", "connectors", "contact_suggestions", "contacts", "forms", "information", "tree"]
