"""Changes of rights that were made: for those who may see, and take back, what was done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, false, or_, select

from portal.accounts.viewer import Viewer
from portal.files.models import Folder, RightsChange
from portal.files.queries.paths import reachable_folders


def visible_changes(viewer: Viewer) -> Select[Any]:
    """Changes of rights that the viewer may know of, for staff: on a folder that they reach, or on several of a client.

    Contacts see none. The select names no client: narrow it where there is one.
    """
    if not viewer.is_staff:
        return select(RightsChange).where(false())
    about = and_(Folder.client_id == RightsChange.client_id, Folder.id == RightsChange.folder_id)
    several = and_(
        Folder.client_id == RightsChange.client_id, RightsChange.folder_id.is_(None), Folder.parent_id.is_(None)
    )
    reached = reachable_folders(viewer).with_only_columns(Folder.id).correlate(None)
    return select(RightsChange).join(Folder, or_(about, several)).where(Folder.id.in_(reached))
