"""Forms of the document space."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from portal.kit.forms import Form, HiddenIntegerField, line, long_text, optional, required


class NameForm(Form):
    """The name of a folder or file."""

    name = line(_l("Name"), need=_l("Give it a name."), limit=300)


class ReleaseForm(Form):
    """Why something that was not found clean may be opened all the same."""

    reason = long_text(_l("Why this file may be opened"), need=_l("Say why this file may be opened."), limit=500)


class PlaceForm(Form):
    """Where a folder or file goes: the id of a folder, and the fingerprint of what was shown and confirmed."""

    folder = HiddenField(_l("Folder"), validators=[required(_l("Choose the folder to move it to."))])
    confirmed = HiddenField()


class TreeTemplateForm(Form):
    """A folder-tree template; the tree comes as JSON from the editor."""

    name = line(_l("Name of the template"), need=_l("Give the template a name."))
    description = long_text(_l("What it is for"), limit=1000)
    tree = HiddenField(_l("Folders"))
    version = HiddenIntegerField(_l("Version"), validators=[optional()])
