"""``python -m portal.contents.maker FOLDER``: make what shows the file ``source`` in that folder."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from portal.contents.maker import limits
from portal.contents.maker.made import Made, Unfit

# Imported only for the file that needs it: a start of the program must stay short.
_MAKERS = {
    "pages": "pdf",
    "image": "images",
    "table": "tables",
    "mail": "mails",
    "text": "texts",
    "words": "packages",
}


def main(folder: Path) -> None:
    """Do the job and write the result; whatever goes wrong is a result as well."""
    limits.hold()
    job = json.loads((folder / "job.json").read_text())
    try:
        result = _made(job, folder).said()
    except Unfit as reason:
        result = {"failed": str(reason)}
    except MemoryError:
        result = {"failed": "needs more memory than a preview may take"}
    except RecursionError:
        result = {"failed": "is nested too deeply"}
    except Exception as error:
        result = {"failed": f"{type(error).__name__}: {error}"[:300]}
    (folder / "result.json").write_text(json.dumps(result))


def _made(job: dict[str, Any], folder: Path) -> Made:
    made = Made(folder, kind=job["kind"])
    maker = import_module(f"portal.contents.maker.{_MAKERS[job['kind']]}")
    if "numbers" in job:
        maker.make_pages(folder / "source", made, job["numbers"])
    else:
        maker.make(folder / "source", made, job["ending"])
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]))
