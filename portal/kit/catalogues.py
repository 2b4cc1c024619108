"""Are the translations complete? ``python -m portal.kit.catalogues`` says what is missing and ends with status 1."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "translations"
LANGUAGES = ("fr", "en", "it")
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "_lp": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_PLACE = re.compile(r"%\((\w+)\)[sd]")


def extracted() -> Catalog:
    """Every message of the source."""
    mapping = (TRANSLATIONS / "babel.cfg").read_text("utf-8")
    methods, options = parse_mapping_cfg(io.StringIO(mapping))
    catalog = Catalog(project="Atrium")
    for folder in ("portal", "templates"):
        found = extract_from_dir(
            ROOT / folder, _under(methods, folder), options, keywords=KEYWORDS, comment_tags=("Translators:",)
        )
        for name, line, message, comments, context in found:
            catalog.add(message, None, [(f"{folder}/{name}", line)], auto_comments=comments, context=context)
    return catalog


def _under(methods: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """Patterns are written from the root; extraction starts inside a folder."""
    return [(pattern.replace(f"**/{folder}/", ""), method) for pattern, method in methods]


def catalogue(language: str) -> Catalog:
    """The translations of a language as they stand in the repository."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def faults(language: str, source: Catalog) -> Iterator[str]:
    """What is missing or wrong in one language, a line each."""
    known = catalogue(language)
    for message in source:
        if not message.id:
            continue
        translated = known.get(message.id, message.context)
        yield from _faults_of(language, message, translated)


def _faults_of(language: str, message: Message, translated: Message | None) -> Iterator[str]:
    ident = message.id if isinstance(message.id, str) else message.id[0]
    if translated is None or translated.fuzzy:
        yield f"{language}: not translated: {ident}"
        return
    strings = translated.string if isinstance(translated.string, (tuple, list)) else (translated.string,)
    if not all(strings):
        yield f"{language}: empty: {ident}"
        return
    wanted = set(_PLACE.findall(message.id if isinstance(message.id, str) else message.id[1]))
    for string in (text or "" for text in strings):
        if not set(_PLACE.findall(string)) <= wanted or (
            string == strings[-1] and set(_PLACE.findall(string)) != wanted
        ):
            yield f"{language}: other places than the original: {ident}"


def all_faults() -> list[str]:
    """What is missing in any language."""
    source = extracted()
    return [fault for language in LANGUAGES for fault in faults(language, source)]


def update() -> None:
    """Bring the catalogues up to date with the source: new messages come in empty, those gone are dropped."""
    for language in LANGUAGES:
        # Extracted anew: the update puts the source's own message objects into the catalogue.
        source = extracted()
        path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
        known = catalogue(language) if path.exists() else Catalog(locale=language, project="Atrium")
        known.update(source, no_fuzzy_matching=True)
        known.obsolete.clear()
        known.fuzzy = False
        if language == "en":
            _repeat_originals(known)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, known, width=120, include_lineno=False, sort_output=True, ignore_obsolete=True)


def _repeat_originals(known: Catalog) -> None:
    """English is the language of the source: what was not worded otherwise is repeated."""
    for message in known:
        if message.id and not any(message.string if isinstance(message.string, (tuple, list)) else [message.string]):
            message.string = message.id


def main(arguments: Sequence[str] = ()) -> int:
    """Print the faults; 0 when there are none. With ``--update`` the catalogues are brought up to date first."""
    if "--update" in arguments:
        update()
    found = all_faults()
    for fault in found[:200]:
        print(fault)
    print(f"{len(extracted())} messages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
