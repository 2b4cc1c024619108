"""Pages of the client base. Importing a module opens its doors."""

from portal.clients.views import (
    attributes,
    bin,
    card,
    chosen,
    collaborators,
    contacts,
    ends,
    eye,
    information,
    lists,
    table,
    templates,
)
from portal.clients.views.blueprint import bp

__all__ = [
    "attributes",
    "bin",
    "bp",
    "card",
    "chosen",
    "collaborators",
    "contacts",
    "ends",
    "eye",
    "information",
    "lists",
    "table",
    "templates",
]
