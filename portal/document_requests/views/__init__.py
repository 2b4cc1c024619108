"""Pages of document requests: the tab of a client, a request to review or to answer, the firm's templates."""

from portal.document_requests.views.blueprint import bp

from portal.document_requests.views import client, decisions, handing_in, templates  # isort: skip - they hang onto bp

__all__ = ["bp", "client", "decisions", "handing_in", "templates"]
