"""What a role may allow, and the four roles that every firm begins with (features F37)."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Feature(StrEnum):
    """One feature permission of a role."""

    MANAGE_CLIENTS = "manage_clients"
    CREATE_CLIENTS = "create_clients"
    ASSIGN_COLLABORATORS = "assign_collaborators"
    MANAGE_CONTACTS = "manage_contacts"
    TEMPLATES = "templates"
    CONNECTORS = "connectors"
    FORMS = "forms"
    REMINDERS = "reminders"
    EXPORTS = "exports"
    SETTINGS = "settings"
    TRASH = "trash"
    STATISTICS = "statistics"
    VIEW_ALL_CLIENTS = "view_all_clients"


FEATURE_LABELS: dict[Feature, LazyString] = {
    Feature.MANAGE_CLIENTS: _l("Change client files"),
    Feature.CREATE_CLIENTS: _l("Open client spaces"),
    Feature.ASSIGN_COLLABORATORS: _l("Assign collaborators and set rights"),
    Feature.MANAGE_CONTACTS: _l("Add and change contacts"),
    Feature.TEMPLATES: _l("Edit templates"),
    Feature.CONNECTORS: _l("Set up connectors"),
    Feature.FORMS: _l("Send forms"),
    Feature.REMINDERS: _l("Program reminders"),
    Feature.EXPORTS: _l("Export to Excel"),
    Feature.SETTINGS: _l("Administer the firm"),
    Feature.TRASH: _l("Delete clients and empty the bin"),
    Feature.STATISTICS: _l("See statistics"),
    Feature.VIEW_ALL_CLIENTS: _l("See all clients"),
}

FEATURE_NOTES: dict[Feature, LazyString] = {
    Feature.VIEW_ALL_CLIENTS: _l("Reads every client and folder, also without a level there."),
    Feature.CREATE_CLIENTS: _l("Opens new client spaces with the assistant."),
    Feature.MANAGE_CLIENTS: _l("Changes name, status, notes and information, with full access to the client."),
    Feature.TRASH: _l("Moves clients to the bin, restores and erases them."),
    Feature.MANAGE_CONTACTS: _l(
        "Adds, invites and removes contacts, and sets their rights where they have full access."
    ),
    Feature.ASSIGN_COLLABORATORS: _l("Gives colleagues and contacts their levels on clients and folders."),
    Feature.FORMS: _l("Sends questionnaires to contacts and reads the answers."),
    Feature.REMINDERS: _l("Programs reminders that go out by themselves."),
    Feature.EXPORTS: _l("Takes the client base out as an Excel workbook."),
    Feature.STATISTICS: _l("Sees figures about the whole firm."),
    Feature.TEMPLATES: _l("Writes the templates of folders, information and forms."),
    Feature.CONNECTORS: _l("Links clients with other services."),
    Feature.SETTINGS: _l("Changes the firm's settings, collaborators and roles. Somebody always keeps this."),
}

FEATURE_GROUPS: tuple[tuple[LazyString, tuple[Feature, ...]], ...] = (
    (
        _l("Clients"),
        (Feature.VIEW_ALL_CLIENTS, Feature.CREATE_CLIENTS, Feature.MANAGE_CLIENTS, Feature.TRASH),
    ),
    (_l("People and rights"), (Feature.MANAGE_CONTACTS, Feature.ASSIGN_COLLABORATORS)),
    (_l("Daily work"), (Feature.FORMS, Feature.REMINDERS, Feature.EXPORTS, Feature.STATISTICS)),
    (_l("The firm"), (Feature.TEMPLATES, Feature.CONNECTORS, Feature.SETTINGS)),
)

PRESETS: dict[str, frozenset[Feature]] = {
    "administrator": frozenset(Feature),
    "manager": frozenset(Feature) - {Feature.SETTINGS},
    "collaborator": frozenset(
        {Feature.MANAGE_CLIENTS, Feature.CREATE_CLIENTS, Feature.MANAGE_CONTACTS, Feature.FORMS, Feature.REMINDERS}
    ),
    "trainee": frozenset(),
}

PRESET_NAMES: dict[str, LazyString] = {
    "administrator": _l("Administrator"),
    "manager": _l("Manager"),
    "collaborator": _l("Collaborator"),
    "trainee": _l("Trainee"),
}
