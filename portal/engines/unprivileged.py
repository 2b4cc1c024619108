"""Which account an engine runs as, and the command that changes to it.

PostgreSQL refuses to run as root, for good reason. As root we therefore give its data to an existing account without
rights; anybody else runs it as themselves.
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

# Accounts that exist on practically every Unix; none is ever created.
_ACCOUNTS = ("postgres", "nobody")


def unprivileged_account() -> pwd.struct_passwd | None:
    """The account for engines that refuse root; None when we are not root ourselves.

    :raises RuntimeError: when root's machine has neither of the known accounts.
    """
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(
        "PostgreSQL cannot run as root and this machine has no account 'nobody': run as an ordinary user."
    )


def give_to_account(folder: Path) -> None:
    """Make ``folder`` (and, when root, its owner) fit for the unprivileged account: mode 700."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    account = unprivileged_account()
    if account is None or folder.stat().st_uid == account.pw_uid:
        return
    os.chown(folder, account.pw_uid, account.pw_gid)
    for below in folder.rglob("*"):
        os.chown(below, account.pw_uid, account.pw_gid, follow_symlinks=False)


def as_account(command: list[str], *needs: Path) -> list[str]:
    """Return ``command`` so that it runs as the unprivileged account (unchanged when we are not root).

    The process replaces itself, so its pid and signals stay those of the command. Where the account cannot reach one
    of the paths in ``needs`` (say, below /root with mode 700) the process keeps the right to pass through folders.

    :raises RuntimeError: when root's machine lacks ``setpriv`` (part of util-linux).
    """
    account = unprivileged_account()
    if account is None:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise RuntimeError("PostgreSQL cannot run as root without the program 'setpriv' (package util-linux).")
    change = [setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    if all(_can_reach(account, path) for path in needs):
        return [*change, *command]
    # Containers usually leave dac_override in the bounding set, hence this one and not dac_read_search.
    return [*change, "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", *command]


def _can_reach(account: pwd.struct_passwd, path: Path) -> bool:
    for folder in Path(path).resolve().parents:
        status = folder.stat()
        bit = 0o100 if status.st_uid == account.pw_uid else 0o010 if status.st_gid == account.pw_gid else 0o001
        if not status.st_mode & bit:
            return False
    return True
