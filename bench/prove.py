"""What takes longer than a test should: the counted repetitions of crashes, and the million decisions about rights.

``python -m bench.prove [--decisions N] [--only crashes|rights]``. The million takes about 20 minutes on two cores, the
crashes as long again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from bench import prove_faults, prove_races

CRASHES = ["tests/outbox", "tests/exports", "tests/engines"]
RIGHTS = ["tests/files/test_rights_property.py"]


def main() -> int:
    """Run the proofs one after the other; returns the first exit status that is not 0."""
    parser = argparse.ArgumentParser(prog="bench.prove", description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000, help="compared with the naive oracle")
    parser.add_argument("--only", choices=("crashes", "rights"))
    options = parser.parse_args()
    statuses = []
    if options.only != "rights":
        statuses.append(_run(CRASHES))
        statuses.append(_run(*prove_faults.FAULTS))
    if options.only != "crashes":
        # As many parts as cores: each process decides about worlds of its own, for longer than a test may take.
        cores = str(os.cpu_count() or 1)
        sizes = {"ATRIUM_DECISIONS": str(options.decisions), "ATRIUM_DECISION_PARTS": cores}
        statuses.append(_run(["-n", cores, "--timeout=0", *RIGHTS], sizes))
        statuses.append(_run(*prove_races.RACES))
    return next((status for status in statuses if status), 0)


def _run(arguments: list[str], sizes: dict[str, str] | None = None) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *arguments], env={**os.environ, **(sizes or {})})


if __name__ == "__main__":
    sys.exit(main())
