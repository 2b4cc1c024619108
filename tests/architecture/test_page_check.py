"""The check of every page: what it must find, also on a page that is built like one it has seen."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse, create_environ
from werkzeug.wrappers import Request

from tests.pages import BadPage, check_page

PAGE = """<!doctype html><html lang="en"><head><title>A title</title></head><body><h1>A heading</h1>
<form><label for="{of}">A name</label><input id="{name}" name="n"></form><p id="{second}">{words}</p></body></html>"""


def look(**values: str) -> None:
    page = PAGE.format(**{"of": "a", "name": "a", "second": "b", "words": "Words", **values})
    asked = Request(create_environ("/looked-at"))
    check_page(TestResponse([page.encode()], "200 OK", Headers({"Content-Type": "text/html"}), asked))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"second": "a"}, "id a stands 2 times"),
        ({"of": "c"}, "input n has no label"),
        ({"second": 'b" style="color: red'}, "attribute style on p"),
        ({"words": "<h1>Another</h1>"}, "2 h1 elements"),
        ({"words": "<b>open"}, "line "),
        ({"words": "&nothing;"}, "line "),
        ({"words": "<table>loose</table>"}, "line "),
    ],
)
def test_faults_are_found_whatever_page_was_seen_before(values: dict[str, str], said: str) -> None:
    look()
    look(words="Other words &amp; signs")
    with pytest.raises(BadPage, match=said):
        look(**values)


def test_rows_that_are_built_alike_are_checked_each() -> None:
    rows = "".join(f'<li id="row-{n}">Row {n}</li>' for n in range(5))
    look(words=f"</p><ul>{rows}</ul><p>")
    with pytest.raises(BadPage, match="row-1 stands 2 times"):
        look(words=f'</p><ul>{rows}<li id="row-1">Row</li></ul><p>')
