"""Outgoing webhooks with the signature of Standard Webhooks (https://www.standardwebhooks.com)."""
