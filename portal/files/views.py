"""Doors of the document space. Importing a module opens its doors."""

from __future__ import annotations

from portal.files import (
    views_archives,
    views_batches,
    views_bin,
    views_bulk,
    views_changes,
    views_pages,
    views_places,
    views_quarantine,
    views_receipts,
    views_rights,
    views_rights_changes,
    views_room,
    views_settings,
    views_templates,
    views_tree_clients,
    views_tree_drift,
    views_uploads,
    views_versions,
)
from portal.files.blueprint import bp

__all__ = [
    "bp",
    "views_archives",
    "views_batches",
    "views_bin",
    "views_bulk",
    "views_changes",
    "views_pages",
    "views_places",
    "views_quarantine",
    "views_receipts",
    "views_rights",
    "views_rights_changes",
    "views_room",
    "views_settings",
    "views_templates",
    "views_tree_clients",
    "views_tree_drift",
    "views_uploads",
    "views_versions",
]
