"""The faults of uploads at full length: 5,000 cuts, 2,000 cut completions, 200 killed workers, 30,000 hostile names."""

from __future__ import annotations

# Arguments of pytest and its environment, as ``bench.prove`` runs them. Proofs of this length have no time limit.
FAULTS = (
    ["--timeout=0", "tests/faults", "tests/names"],
    {
        "ATRIUM_CUT_UPLOADS": "5000",
        "ATRIUM_CUT_COMPLETIONS": "2000",
        "ATRIUM_KILLED_WORKERS": "200",
        "ATRIUM_HOSTILE_NAMES": "30000",
        # The bytes of each are really sent.
        "ATRIUM_HOSTILE_SENT": "30000",
    },
)
