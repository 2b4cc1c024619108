"""Every page as a collaborator, a contact and a stranger find it: accessible, one heading, no sideways scrolling.

Each page is looked at in light on a desk (1360 px) and in dark on a phone (360 px), with axe both times.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.routing import Map

from portal import exports
from portal.accounts import commands as accounts
from portal.accounts import links
from portal.accounts.models import Person
from portal.clients import commands as clients
from portal.clients.models import Client
from portal.connectors import commands as connectors
from portal.exports.commands import request_export
from portal.exports.models import Export
from portal.files.commands import folders, rights
from portal.files.commands.bin import bin_file
from portal.files.commands.completion import store_bytes
from portal.files.commands.files import rename_file
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import File, Folder
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from portal.wizard.commands import contact_lines, save_step, start_draft
from portal.wizard.steps import ContactLine, Information
from tests.browser.scene import come_in, commit, faults_of, make_french_cast, profile

# Addresses of pages, with the things of the scene in braces. A new page without a row here fails the last test.
STAFF = """
/
/activity
/activity?q=bilan
/administration/connectors
/administration/connectors/webhooks
/administration/forms
/administration/forms/new
/administration/forms/{form_template}
/administration/forms/{form_template}/preview
/attributes
/attributes/new
/attributes/{attribute}
/client-connectors/{connector}
/client-connectors/{connector}/deliveries
/clients
/clients?q=nobody-is-called-so
/clients/bin
/clients/new
/clients/{client}
/clients/{client}/activity
/clients/{client}/attributes/{attribute}
/clients/{client}/binning
/clients/{client}/collaborators
/clients/{client}/connectors
/clients/{other}/connectors/webhooks/new
/clients/{client}/contacts
/clients/{client}/documents
/clients/{client}/documents?q=bilan
/clients/{client}/documents/bin
/clients/{client}/documents/rights
/clients/{client}/fields/note
/clients/{client}/forms
/clients/{client}/forms/new
/clients/{client}/information
/clients/{binned}/erasure
/clients/{binned}/restoration
/collaborators
/collaborators/new
/collaborators/{bob}
/contacts
/contacts/{clara}
/deliveries/{delivery}
/drafts
/drafts/{draft}/information
/drafts/{draft}/contacts
/drafts/{draft}/collaborators
/drafts/{draft}/tree
/drafts/{draft}/connectors
/drafts/{draft}/forms
/drafts/{draft}/summary
/exports
/exports/{export}
/files/{file}/place
/folders/{folder}
/folders/{folder}/place
/folders/{folder}/rights
/forms/{answered}/answers
/mails
/mails/{mail}
/profile
/roles
/settings/client-groups
/settings/client-types
/settings/firm
/styleguide
/templates
/templates/attributes
/templates/attributes/new
/templates/attributes/{attribute_template}
/templates/trees
/templates/trees/new
/templates/trees/{tree}
/templates/trees/{tree}/edit
"""
CONTACT = """
/
/clients/{client}/activity
/clients/{client}/documents
/clients/{client}/documents?q=bilan
/clients/{client}/documents/bin
/folders/{folder}
/folders/{folder}/place
/files/{file}/place
/forms/{open}
/forms/{answered}
/profile
"""
STRANGER = """
/sign-in
/password-reset
/password-reset/{reset}
/activation/{activation}
/activation/no-such-link
/password-reset/no-such-link
/setup/no-such-link
/no-such-page
"""
NOT_FOUND = ("no-such-page", "no-such-link")
# Doors that answer with something else than a page, and why.
NO_PAGE = {
    "static": "bytes",
    "accounts.change_password_elsewhere": "leads to the profile (RFC 8615)",
    "accounts.not_set_up": "leads to the sign-in page once the firm is set up",
    "clients.suggest_contacts": "a part of a page",
    "wizard.suggestions": "a part of a page",
    "wizard.resume": "leads to the step",
    "files.contents": "a part of a page",
    "files.download": "bytes",
    "files.upload": "JSON",
    "exports.download": "bytes",
    "mailer.preview": "a mail in a frame",
}
