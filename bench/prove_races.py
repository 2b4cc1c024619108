"""The races about rights at full length: 100,000 folder moves from 8 threads, and 1,000 revokes."""

from __future__ import annotations

# Arguments of pytest and its environment, as ``bench.prove`` runs them. A race of this length has no time limit.
RACES = (
    ["--timeout=0", "tests/rights/test_races.py"],
    {"ATRIUM_RACE_MOVES": "100000", "ATRIUM_RACE_REVOKES": "1000"},
)
