"""How long versions and the bin are kept, and how much room there is: said by the firm."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.accounts.commands.firm import update_firm
from portal.accounts.models import Firm
from portal.files.retention import Due, Retention, due, present
from portal.kit.db import transactional
from portal.kit.errors import Refused


class DeletesSoon(Refused):
    """The next clean-up would delete what is kept now, and nobody has confirmed just that. ``going`` says how much."""

    sentence = _l("This deletes what is kept today. Look at how much, and confirm.")
    status = 409

    def __init__(self, going: Due, rule: Retention) -> None:
        super().__init__()
        self.going, self.confirmation = going, fingerprint(rule)


def fingerprint(rule: Retention) -> str:
    """What a confirmation holds for: this rule and no other."""
    return f"{rule.versions}/{rule.days}/{rule.bin_days}"


@transactional
def set_documents(*, actor: Any, version: int, confirmed: str | None = None, **fields: Any) -> Firm:
    """Change the firm's settings for documents.

    :param version: the firm's version that the page had read.
    :param confirmed: :func:`fingerprint` of the rule whose consequences were shown.
    :param fields: all of versions_kept, versions_days, bin_days, quota_bytes, client_quota_bytes; sizes in bytes.
    :raises portal.kit.errors.Conflict: somebody saved in between.
    :raises DeletesSoon: a shorter rule deletes something, and this was not confirmed.
    """
    before = present()
    rule = Retention(fields["versions_kept"], fields["versions_days"], fields["bin_days"])
    saved = update_firm(actor=actor, version=version, **fields)
    if rule.is_shorter_than(before) and confirmed != fingerprint(rule):
        going = due(rule)
        if going:
            raise DeletesSoon(going, rule)
    return saved
