"""Reads of the client base."""

from portal.clients.queries.attributes import (
    all_attributes,
    attribute_templates,
    attributes_by_id,
    client_attributes,
    template_with_items,
)
from portal.clients.queries.lists import client_groups, client_types, group_counts, type_counts
from portal.clients.queries.people import (
    client_level,
    collaborators_of,
    contacts_of,
    main_contact_of,
    other_clients_of,
)
from portal.clients.queries.table import filtered_clients
from portal.clients.queries.visible import (
    binned_clients,
    client_files,
    name_taken,
    near_duplicates,
    visible_clients,
    visible_memberships,
)

__all__ = [
    "all_attributes",
    "attribute_templates",
    "attributes_by_id",
    "binned_clients",
    "client_attributes",
    "client_files",
    "client_groups",
    "client_level",
    "client_types",
    "collaborators_of",
    "contacts_of",
    "filtered_clients",
    "group_counts",
    "main_contact_of",
    "name_taken",
    "near_duplicates",
    "other_clients_of",
    "template_with_items",
    "type_counts",
    "visible_clients",
    "visible_memberships",
]
