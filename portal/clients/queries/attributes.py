"""Attributes, attribute templates and the values on a client's card."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.orm import contains_eager, selectinload

from portal.accounts.viewer import Viewer
from portal.clients.models import Attribute, AttributeTemplate, AttributeTemplateItem, ClientAttribute
from portal.kit.db import db


def all_attributes() -> list[Attribute]:
    """Every attribute that is not archived, in its order."""
    return list(
        db.session.scalars(
            select(Attribute)
            .where(Attribute.archived_at.is_(None))
            .order_by(Attribute.position, Attribute.label_key, Attribute.id)
        )
    )


def attributes_by_id(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Attribute]:
    """The attributes with these ids that are not archived."""
    wanted = list(ids)
    if not wanted:
        return {}
    found = db.session.scalars(select(Attribute).where(Attribute.id.in_(wanted), Attribute.archived_at.is_(None)))
    return {attribute.id: attribute for attribute in found}


def client_attributes(client_id: uuid.UUID) -> list[ClientAttribute]:
    """The attributes on a client's card with their definitions, in the order of the card."""
    return list(
        db.session.scalars(
            select(ClientAttribute)
            .join(ClientAttribute.attribute)
            .options(contains_eager(ClientAttribute.attribute))
            .where(ClientAttribute.client_id == client_id, Attribute.archived_at.is_(None))
            .order_by(ClientAttribute.position, Attribute.position, Attribute.label_key)
            .execution_options(populate_existing=True)
        )
    )


def attribute_templates() -> list[AttributeTemplate]:
    """All attribute templates with their items and attributes, by name: three statements whatever their number."""
    return list(db.session.scalars(select(AttributeTemplate).options(_items()).order_by(AttributeTemplate.name_key)))


def template_with_items(template_id: uuid.UUID) -> AttributeTemplate | None:
    """One attribute template with its items and attributes."""
    return db.session.scalars(
        select(AttributeTemplate)
        .where(AttributeTemplate.id == template_id)
        .options(_items())
        .execution_options(populate_existing=True)
    ).one_or_none()


def templates_to_edit(viewer: Viewer) -> Select[AttributeTemplate]:
    """Attribute templates with their items, for the doors; contacts have none."""
    found = select(AttributeTemplate).options(_items())
    return found if viewer.is_staff else found.where(false())


def attributes_to_edit(viewer: Viewer) -> Select[Attribute]:
    """Attributes in use, for the doors; contacts have none."""
    found = select(Attribute).where(Attribute.archived_at.is_(None))
    return found if viewer.is_staff else found.where(false())


def _items() -> Any:
    return selectinload(AttributeTemplate.items).joinedload(AttributeTemplateItem.attribute)
