"""JSON as it comes from outside: what is nested too deeply is no JSON, not a fault of ours."""

from __future__ import annotations

from typing import Any

from flask.json.provider import DefaultJSONProvider


class BoundedJSON(DefaultJSONProvider):
    """Reads JSON; nesting beyond what the interpreter bears is refused like any other text that is no JSON."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a text.

        :raises ValueError: it is no JSON, or nested too deeply.
        """
        try:
            return super().loads(s, **kwargs)
        except RecursionError as deep:
            raise ValueError("nested too deeply") from deep
