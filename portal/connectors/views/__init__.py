"""Pages of connectors: the firm's list, the tab of a client, the delivery log."""

from portal.connectors.views.blueprint import bp

from portal.connectors.views import client, deliveries, firm  # isort: skip - they hang their pages onto bp

__all__ = ["bp", "client", "deliveries", "firm"]
