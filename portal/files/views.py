"""Doors of the document space."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("files", __name__)

from portal.files import (  # noqa: E402 - the modules hang their routes on the blueprint above
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
