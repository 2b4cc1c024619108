"""The blueprint of the document space, on which the view modules hang their doors."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("files", __name__)
