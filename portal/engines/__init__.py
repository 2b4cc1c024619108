"""The embedded PostgreSQL, SeaweedFS and Valkey: what a machine with Python and nothing else runs the portal on."""

from portal.engines.run import started

__all__ = ["started"]
