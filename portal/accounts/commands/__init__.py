"""What can be done with the firm, its people and their ways in."""

from portal.accounts.commands.access import (
    activate,
    change_password,
    renew_activation,
    request_new_activation,
    request_reset,
    reset_password,
    send_activation_if_pending,
    send_reset_if_known,
    sign_in,
    sign_in_as,
    sign_out,
)
from portal.accounts.commands.administrators import LastAdministrator, MoreThanOwn
from portal.accounts.commands.closing import (
    NotYourself,
    disable_person,
    enable_person,
    end_all_sessions,
    end_other_sessions,
    end_own_session,
)
from portal.accounts.commands.collaborators import (
    add_collaborator,
    create_collaborator,
    set_role,
    update_collaborator,
)
from portal.accounts.commands.firm import (
    create_administrator,
    create_firm,
    ensure_roles,
    issue_setup_link,
    set_up_firm,
    update_firm,
)
from portal.accounts.commands.invitations import invite, invite_many
from portal.accounts.commands.people import (
    AddressTaken,
    choose_language,
    create_contact,
    update_person,
)
from portal.accounts.commands.roles import create_role, delete_role, duplicate_role, edit_role, reset_role

__all__ = [
    "AddressTaken",
    "LastAdministrator",
    "MoreThanOwn",
    "NotYourself",
    "activate",
    "add_collaborator",
    "change_password",
    "choose_language",
    "create_administrator",
    "create_collaborator",
    "create_contact",
    "create_firm",
    "create_role",
    "delete_role",
    "disable_person",
    "duplicate_role",
    "edit_role",
    "enable_person",
    "end_all_sessions",
    "end_other_sessions",
    "end_own_session",
    "ensure_roles",
    "invite",
    "invite_many",
    "issue_setup_link",
    "renew_activation",
    "request_new_activation",
    "request_reset",
    "reset_password",
    "reset_role",
    "send_activation_if_pending",
    "send_reset_if_known",
    "set_role",
    "set_up_firm",
    "sign_in",
    "sign_in_as",
    "sign_out",
    "update_collaborator",
    "update_firm",
    "update_person",
]
