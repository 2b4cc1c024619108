"""What happens to files, folders, and the rights on them; see :mod:`portal.activity.verbs`."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.activity.kinds import verb

FILE_UPLOADED = verb(
    "file.uploaded", "files", "upload", _l("%(actor)s uploaded “%(name)s” into “%(folder)s”."), "folder"
)
FILE_VERSION_ADDED = verb(
    "file.version_added", "files", "upload", _l("%(actor)s uploaded a new version of “%(name)s”."), "folder"
)
FILE_DOWNLOADED = verb("file.downloaded", "files", "download", _l("%(actor)s downloaded “%(name)s”."), "folder")
FILE_OPENED = verb("file.opened", "files", "eye", _l("%(actor)s opened “%(name)s”."), "folder")
FILE_ARCHIVED = verb(
    "file.archived",
    "files",
    "file-zip",
    # The archive's own name may be that of a folder which the reader does not see.
    _l("%(actor)s downloaded “%(name)s” in an archive."),
    "folder",
)
FILE_RENAMED = verb("file.renamed", "files", "pencil", _l("%(actor)s renamed “%(before)s” to “%(name)s”."), "before")
FILE_MOVED = verb(
    "file.moved",
    "files",
    "arrow-right",
    _l("%(actor)s moved “%(name)s” from “%(before)s” to “%(folder)s”."),
    "before",
    "folder",
)
FILE_COPIED = verb(
    "file.copied",
    "files",
    "copy",
    _l("%(actor)s copied “%(name)s” from “%(before)s” to “%(folder)s”."),
    "before",
    "folder",
)
FILE_VERSION_RESTORED = verb(
    "file.version_restored",
    "files",
    "history",
    _l("%(actor)s made version %(version)s of “%(name)s” the newest again."),
    "version",
    "folder",
)
FILE_BINNED = verb("file.binned", "files", "trash", _l("%(actor)s moved “%(name)s” to the bin."), "folder")
FILE_RESTORED = verb("file.restored", "files", "restore", _l("%(actor)s restored “%(name)s” from the bin."), "folder")
FILE_ERASED = verb("file.erased", "files", "trash-x", _l("%(actor)s deleted “%(name)s” for ever."), "folder")
FILE_VERSION_DOWNLOADED = verb(
    "file.version_downloaded",
    "files",
    "download",
    _l("%(actor)s downloaded version %(version)s of “%(name)s”."),
    "version",
    "folder",
)
FILE_VERSION_DELETED = verb(
    "file.version_deleted",
    "files",
    "trash-x",
    _l("%(actor)s deleted version %(version)s of “%(name)s” for ever."),
    "version",
    "folder",
)
# One line for a client and a run of the clean-up, however many versions: ``bytes`` are those of the versions together.
VERSIONS_EXPIRED = verb(
    "files.versions_expired",
    "client",
    "history-off",
    _l("Earlier versions whose time has run out were deleted: %(count)s."),
    "count",
    "bytes",
)
FILE_REFUSED = verb(
    "file.refused", "files", "alert-triangle", _l("The upload of “%(name)s” was refused: %(reason)s"), "reason"
)

FILE_INFECTED = verb(
    "file.infected",
    "files",
    "alert-triangle",
    _l("A virus was found in “%(name)s” (%(signature)s): it is kept away."),
    "folder",
    "signature",
)
FILE_RELEASED = verb(
    "file.released",
    "files",
    "lock-open",
    _l("%(actor)s released “%(name)s” from the quarantine: %(reason)s"),
    "folder",
    "reason",
)
FILE_QUARANTINE_ERASED = verb(
    "file.quarantine_erased",
    "files",
    "trash-x",
    _l("%(actor)s deleted “%(name)s” from the quarantine for good."),
    "folder",
)

FOLDER_CREATED = verb("folder.created", "folders", "folder-plus", _l("%(actor)s created the folder “%(name)s”."))
FOLDER_RENAMED = verb(
    "folder.renamed", "folders", "pencil", _l("%(actor)s renamed the folder “%(before)s” to “%(name)s”."), "before"
)
FOLDER_MOVED = verb(
    "folder.moved",
    "folders",
    "arrow-right",
    _l("%(actor)s moved the folder “%(name)s” from “%(before)s” to “%(target)s”."),
    "before",
    "target",
)
FOLDER_COPIED = verb(
    "folder.copied",
    "folders",
    "copy",
    _l("%(actor)s copied the folder “%(before)s” to “%(target)s”."),
    "before",
    "target",
)
FOLDER_ORDERED = verb(
    "folder.ordered", "folders", "arrows-sort", _l("%(actor)s changed the order of what is in “%(name)s”.")
)
FOLDER_BINNED = verb("folder.binned", "folders", "trash", _l("%(actor)s moved the folder “%(name)s” to the bin."))
FOLDER_RESTORED = verb(
    "folder.restored", "folders", "restore", _l("%(actor)s restored the folder “%(name)s” from the bin.")
)
FOLDER_ERASED = verb("folder.erased", "folders", "trash-x", _l("%(actor)s deleted the folder “%(name)s” for ever."))

TREE_APPLIED = verb("folder.tree_applied", "folders", "template", _l("%(actor)s set up %(count)s folders."), "count")

TEMPLATE_APPLIED = verb(
    "folder.template_applied",
    "folders",
    "template",
    _l("%(actor)s applied the folder-tree template “%(template)s”; folders made: %(count)s."),
    "template",
    "count",
)

LEVEL_SET = verb(
    "rights.set",
    "rights",
    "lock",
    _l("%(actor)s set the level of %(person)s on “%(name)s” to “%(level)s”."),
    "person",
    "level",
)
LEVEL_CASCADED = verb(
    "rights.cascaded",
    "rights",
    "lock",
    _l("%(actor)s cascaded the level of %(person)s from “%(name)s” to its sub-folders."),
    "person",
)
RIGHTS_COPIED = verb(
    "rights.copied",
    "rights",
    "copy",
    _l("%(actor)s gave %(person)s the same rights as %(source)s."),
    "person",
    "source",
)
RIGHTS_DEFAULTED = verb(
    "rights.defaulted",
    "rights",
    "template",
    _l("%(actor)s gave %(person)s the rights of the template again."),
    "person",
)
RIGHTS_FOLLOWED = verb(
    "rights.followed",
    "rights",
    "lock-open",
    _l("%(actor)s let “%(name)s” follow the folder above for %(person)s."),
    "person",
)
RIGHTS_UNDONE = verb(
    "rights.undone", "rights", "arrow-back-up", _l("%(actor)s undid a change of the rights of %(people)s."), "people"
)
STANDING_SET = verb(
    "rights.standing_set",
    "rights",
    "users",
    _l("%(actor)s gave %(person)s the level “%(level)s” on the client."),
    "person",
    "level",
)

# Access that ends by itself; ``until`` is the last day (ISO 8601).
ACCESS_LIMITED = verb(
    "access.limited",
    "rights",
    "calendar",
    _l("%(actor)s limited the access of %(person)s to the client until %(until)s."),
    "person",
    "until",
)
ACCESS_RENEWED = verb(
    "access.renewed",
    "rights",
    "refresh",
    _l("%(actor)s renewed the access of %(person)s to the client until %(until)s."),
    "person",
    "until",
)
ACCESS_UNLIMITED = verb(
    "access.unlimited",
    "rights",
    "calendar",
    _l("%(actor)s lifted the time limit on the access of %(person)s to the client."),
    "person",
)
LEVEL_RENEWED = verb(
    "rights.renewed",
    "rights",
    "refresh",
    _l("%(actor)s renewed the level of %(person)s on “%(name)s” until %(until)s."),
    "person",
    "until",
)
FILE_LIMITED = verb(
    "file.limited", "rights", "calendar", _l("%(actor)s made “%(name)s” available until %(until)s."), "folder", "until"
)
FILE_RENEWED = verb(
    "file.renewed",
    "rights",
    "refresh",
    _l("%(actor)s made “%(name)s” available longer, until %(until)s."),
    "folder",
    "until",
)
FILE_UNLIMITED = verb(
    "file.unlimited",
    "rights",
    "calendar",
    _l("%(actor)s lifted the time limit on “%(name)s”."),
    "folder",
)
