"""Which lines of the log a reader sees: those that their rights cover now."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, tzinfo
from typing import Any

from flask_babel import get_timezone
from sqlalchemy import ColumnElement, Select, and_, false, func, literal, not_, or_, select, true

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.activity.models import Activity, ActivityName
from portal.activity.verbs import VERBS
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.feed.filters import Filters
from portal.files.models import File, Folder
from portal.kit.names import search_key
from portal.permissions.levels import Level
from portal.permissions.queries import with_level

# What contacts are told: what happens to files and folders. People, rights, forms and sign-ins are the firm's affair.
_FOR_CONTACTS = tuple(key for key, verb in VERBS.items() if verb.group in ("files", "folders"))

COLUMNS = (
    Activity.id,
    Activity.at,
    Activity.verb,
    Activity.client_id,
    Activity.actor_id,
    Activity.folder_id,
    Activity.file_id,
    ActivityName.name,
    Activity.details,
)


def visible_activity(viewer: Viewer, *, client: Client | None = None, filters: Filters | None = None) -> Select[Any]:
    """Lines that the viewer may read, newest first, with the columns of ``COLUMNS``.

    :param client: of this client only, which the viewer sees; None: of all.
    :param filters: the search.
    """
    lines = (
        select(*COLUMNS)
        .outerjoin(ActivityName, ActivityName.id == Activity.name_id)
        .where(_may_read(viewer, client))
        .order_by(Activity.id.desc())
    )
    if client is not None:
        lines = lines.where(Activity.client_id == client.id)
    if viewer.only_client_id is not None:
        lines = lines.where(Activity.client_id == viewer.only_client_id)
    return lines.where(*_searched(filters, get_timezone())) if filters is not None else lines


def _may_read(viewer: Viewer, client: Client | None) -> ColumnElement[bool]:
    if not viewer.is_staff:
        return and_(Activity.verb.in_(_FOR_CONTACTS), _reads_folder(viewer))
    firm_wide = _of_the_firm(viewer)
    if viewer.sees_all:
        # Nothing of any client is hidden from them, also what was erased meanwhile.
        return true() if client is not None else or_(Activity.client_id.is_not(None), firm_wide)
    sees_client = Activity.client_id.in_(visible_clients(viewer).with_only_columns(Client.id))
    of_client = and_(Activity.folder_id.is_(None), true() if client is not None else sees_client)
    return or_(of_client, _reads_folder(viewer), *([] if client is not None else [firm_wide]))


def _of_the_firm(viewer: Viewer) -> ColumnElement[bool]:
    """Sign-ins, settings, exports: for those who administer the firm, and everybody's own."""
    own: ColumnElement[bool] = Activity.actor_id == viewer.person_id
    return and_(Activity.client_id.is_(None), true() if viewer.may(Feature.SETTINGS) else own)


def _reads_folder(viewer: Viewer) -> ColumnElement[bool]:
    """Read or more where it happened; with *deposit* only what they did themselves. An erased folder gives nothing."""
    folder = select(literal(1)).select_from(Folder).where(Folder.id == Activity.folder_id)
    if not viewer.is_staff:
        folder = folder.where(Folder.bin_id.is_(None))
    held, level = with_level(folder, viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    held = held.where(or_(level >= int(Level.READ), Activity.actor_id == viewer.person_id))
    reads = held.correlate(Activity).exists()
    return reads if viewer.is_staff else and_(reads, not_(_file_ended()))


def _file_ended() -> ColumnElement[bool]:
    """The line speaks of a file that was available until a day that is over: contacts do not see its name either."""
    ended = select(literal(1)).select_from(File)
    ended = ended.where(File.id == Activity.file_id, File.valid_until <= func.statement_timestamp())
    return ended.correlate(Activity).exists()


def _searched(filters: Filters, zone: tzinfo) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    words = search_key(filters.name).split()[:10]
    if words:
        names = select(ActivityName.id).where(*[ActivityName.key.contains(word, autoescape=True) for word in words])
        wanted.append(Activity.name_id.in_(names))
    if filters.formats:
        wanted.append(Activity.ext.in_(filters.formats))
    if filters.types:
        wanted.append(Activity.verb.in_(sorted(filters.verbs)) if filters.verbs else false())
    if filters.person_id is not None:
        wanted.append(Activity.actor_id == filters.person_id)
    if filters.folder_id is not None:
        wanted.append(_in_folder(filters.folder_id, deep=not filters.only))
    begin, end = filters.span(zone)
    return wanted + _between(begin, end)


def _in_folder(folder_id: uuid.UUID, *, deep: bool) -> ColumnElement[bool]:
    if not deep:
        return Activity.folder_id == folder_id
    top = select(Folder.client_id, Folder.path).where(Folder.id == folder_id).subquery()
    # A range over the index on paths; "/" ends every part and "0" is the character that follows it.
    below = (
        select(Folder.id)
        .join(top, top.c.client_id == Folder.client_id)
        .where(Folder.path >= top.c.path, Folder.path < _end_of(top.c.path))
    )
    return Activity.folder_id.in_(below)


def _end_of(path: Any) -> Any:
    return func.rtrim(path, "/").op("||")("0")


def _between(begin: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    """The period by its moments, and roughly by the ids, which hold the time and are what the indexes are sorted by."""
    bounds: list[ColumnElement[bool]] = []
    if begin is not None:
        bounds += [Activity.at >= begin, Activity.id >= _id_at(begin - timedelta(hours=1))]
    if end is not None:
        bounds += [Activity.at < end, Activity.id < _id_at(end + timedelta(hours=1))]
    return bounds


def _id_at(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7 of this millisecond (RFC 9562, 5.7)."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62)
