"""Reads of the document space, always through the viewer."""

from portal.files.queries.binned import bin_entries, has_full_somewhere, places_of
from portal.files.queries.changes import visible_changes
from portal.files.queries.levels import folder_level, folder_levels, own_levels_of, root_of, set_levels_of, stored_level
from portal.files.queries.listing import Crumb, FolderRow, Listing, breadcrumbs, children, folder_counts, listing
from portal.files.queries.paths import path_folders, reachable_folders
from portal.files.queries.versions import visible_versions
from portal.files.queries.visible import openable_files, visible_files, visible_folders
from portal.files.queries.why import Explanation, explain

__all__ = [
    "Crumb",
    "Explanation",
    "FolderRow",
    "Listing",
    "bin_entries",
    "breadcrumbs",
    "children",
    "explain",
    "folder_counts",
    "folder_level",
    "folder_levels",
    "has_full_somewhere",
    "listing",
    "openable_files",
    "own_levels_of",
    "path_folders",
    "places_of",
    "reachable_folders",
    "root_of",
    "set_levels_of",
    "stored_level",
    "visible_changes",
    "visible_files",
    "visible_folders",
    "visible_versions",
]
