"""Delayed work and housekeeping of the accounts."""

from __future__ import annotations

from datetime import timedelta

from portal.accounts import commands
from portal.accounts.commands import housekeeping
from portal.outbox.registry import periodic, task

task("accounts.send_activation_if_pending", atomic=True)(commands.send_activation_if_pending)
task("accounts.send_reset_if_known", atomic=True)(commands.send_reset_if_known)
task("accounts.renew_activation", atomic=True)(commands.renew_activation)
periodic("accounts.tidy", every=timedelta(hours=1))(housekeeping.tidy)
