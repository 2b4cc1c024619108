"""Pages of forms: the firm's templates, the tab of a client, the page that a contact fills in."""

from portal.questionnaires.views.blueprint import bp

from portal.questionnaires.views import client, fill, templates  # isort: skip - they hang their pages onto bp

__all__ = ["bp", "client", "fill", "templates"]
