"""Does pieces of promised work in processes that can be killed: ``python -m tests.faults.forker``.

Each line of the input is the id of a piece of work; a child is born for it, whose process id is the answer. The
application is loaded once and the children inherit it: to load it for each would take longer than the work.
"""

from __future__ import annotations

import os
import sys
import uuid

from portal.app import create_app
from portal.outbox import commands as outbox


def main() -> None:
    """Answer line by line until the input ends."""
    app = create_app()
    # A child that is gone leaves no zombie: nobody here waits for it.
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setsid()
            with app.app_context():
                outbox.work(uuid.UUID(line.strip()))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
