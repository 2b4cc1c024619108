"""What takes longer than a test should: the counted repetitions of crashes, with their figures."""

from __future__ import annotations

import subprocess
import sys

PROOFS = ["tests/outbox", "tests/exports", "tests/engines"]

if __name__ == "__main__":
    sys.exit(subprocess.call([sys.executable, "-m", "pytest", "-q", *PROOFS]))
