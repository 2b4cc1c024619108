"""Writes of the client base."""

from portal.clients.commands.attributes import (
    add_attributes,
    archive_attribute,
    create_attribute,
    remove_attribute,
    save_value,
    set_attributes,
    update_attribute,
)
from portal.clients.commands.bin import bin_client, erase_client, erase_old, restore_client
from portal.clients.commands.chosen import set_group, set_type
from portal.clients.commands.clients import (
    create_client,
    disable_client,
    enable_client,
    rename,
    save_field,
    update_client,
)
from portal.clients.commands.columns import choose_columns
from portal.clients.commands.contacts import (
    add_contact,
    add_contacts,
    add_new_contact,
    remove_contact,
    set_contact_end,
    set_main_contact,
)
from portal.clients.commands.ends import renew_member, set_end
from portal.clients.commands.lists import (
    create_group,
    create_type,
    delete_group,
    delete_type,
    rename_group,
    rename_type,
)
from portal.clients.commands.search import refresh_search
from portal.clients.commands.standings import set_standing, set_standings
from portal.clients.commands.templates import (
    delete_attribute_template,
    duplicate_attribute_template,
    save_attribute_template,
)

__all__ = [
    "add_attributes",
    "add_contact",
    "add_contacts",
    "add_new_contact",
    "archive_attribute",
    "bin_client",
    "choose_columns",
    "create_attribute",
    "create_client",
    "create_group",
    "create_type",
    "delete_attribute_template",
    "delete_group",
    "delete_type",
    "disable_client",
    "duplicate_attribute_template",
    "enable_client",
    "erase_client",
    "erase_old",
    "refresh_search",
    "remove_attribute",
    "remove_contact",
    "rename",
    "rename_group",
    "rename_type",
    "renew_member",
    "restore_client",
    "save_attribute_template",
    "save_field",
    "save_value",
    "set_attributes",
    "set_contact_end",
    "set_end",
    "set_group",
    "set_main_contact",
    "set_standing",
    "set_standings",
    "set_type",
    "update_attribute",
    "update_client",
]
