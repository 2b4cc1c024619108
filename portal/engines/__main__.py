"""``python -m portal.engines FOLDER [--for-tests]``: keep one set of engines up until SIGTERM or Ctrl-C.

Once all of them answer, the environment that leads to them is written to ``FOLDER/env.json``.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from portal.engines.run import started
from portal.engines.secrets import write_privately


def main() -> None:
    """Start, write env.json, wait, stop."""
    parser = argparse.ArgumentParser(prog="python -m portal.engines", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for-tests", action="store_true", help="fast and forgetful: no fsync")
    options = parser.parse_args()
    # SIGTERM becomes an orderly exit, so that the context manager stops the engines.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    file = options.folder / "env.json"
    file.unlink(missing_ok=True)
    with started(options.folder, for_tests=options.for_tests) as env:
        write_privately(file, json.dumps(env, indent=1))
        print(f"Engines are up; {file} leads to them.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
