"""What a questionnaire may hold, and what an answer may be."""

from __future__ import annotations

import json

import pytest

from portal.kit.errors import Refused
from portal.kit.i18n import in_language
from portal.questionnaires.answers import BadAnswer, as_field, clean_answer, shown
from portal.questionnaires.schema import BadQuestionnaire, as_typed, clean_sections, parse_sections


def question(**values):
    return {"id": "q1", "type": "text", "label": "Your name?", "options": [], "required": False, "help": "", **values}


CHOICE = question(type="many_of", options=[{"key": "a", "label": "A"}, {"key": "b", "label": "B"}])


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "null",
        "3",
        '"text"',
        "[1]",
        "[[]]",
        '[{"questions": 3}]',
        '[{"questions": [3]}]',
        '[{"questions": [{"type": "spell", "label": "x"}]}]',
        '[{"questions": [{"type": ["text"], "label": "x"}]}]',
        '[{"questions": [{"type": "text", "label": 3}]}]',
        '[{"questions": [{"type": "text", "label": ""}]}]',
        '[{"questions": []}]',
        "[]",
        "[" * 100_000,
        json.dumps([{"id": "../x", "questions": [{"type": "text", "label": "x"}]}]),
        json.dumps([{"questions": [{"id": "a b", "type": "text", "label": "x"}]}]),
        json.dumps(
            [{"questions": [{"id": "q", "type": "text", "label": "x"}, {"id": "q", "type": "text", "label": "y"}]}]
        ),
        json.dumps([{"questions": [{"type": "text", "label": "x" * 501}]}]),
        json.dumps([{"questions": [{"type": "text", "label": "x\x00y"}]}]),
        json.dumps([{"questions": [{"type": "text", "label": "x\u202ey"}]}]),
        json.dumps([{"questions": [{"type": "one_of", "label": "x", "options": [{"label": "only"}]}]}]),
        json.dumps([{"questions": [{"type": "one_of", "label": "x", "options": [{"label": "a"}, {"label": "A"}]}]}]),
        json.dumps([{"questions": [{"type": "one_of", "label": "x", "options": [{"label": "a"}, 3]}]}]),
        json.dumps(
            [
                {
                    "questions": [
                        {"type": "one_of", "label": "x", "options": [{"key": "<b>", "label": "a"}, {"label": "b"}]}
                    ]
                }
            ]
        ),
        json.dumps([{"questions": [{"type": "text", "label": f"q{n}"} for n in range(500)]}]),
        json.dumps([{"questions": [{"type": "text", "label": "x"}]}] * 41),
        json.dumps([{"title": "x" * 1_100_000, "questions": []}]),
    ],
)
def test_a_questionnaire_without_shape_is_refused_with_a_sentence(app, raw):
    with app.app_context(), pytest.raises(BadQuestionnaire) as refusal:
        parse_sections(raw)
    with app.app_context():
        assert str(refusal.value).endswith(".")
        assert isinstance(as_typed(raw), list)


def test_texts_are_trimmed_ids_are_made_and_unknown_keys_are_left_out(app):
    with app.app_context():
        sections = clean_sections(
            [
                {
                    "title": "  You ",
                    "evil": 1,
                    "questions": [{"type": "text", "label": " Name\n? ", "required": "yes", "x": 1}],
                }
            ]
        )
    assert sections[0]["title"] == "You"
    assert set(sections[0]) == {"id", "title", "help", "questions"}
    assert sections[0]["questions"][0]["label"] == "Name ?"
    assert sections[0]["questions"][0]["required"] is False
    assert len(sections[0]["questions"][0]["id"]) == 10


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("text", "  Ana  Lu ", "Ana Lu"),
        ("text", "   ", None),
        ("long_text", "a\r\nb", "a\nb"),
        ("number", "1 234,5", "1234.5"),
        ("number", "1\u202f234,50", "1234.50"),
        ("number", "-3", "-3"),
        ("number", "12.5", "12.5"),
        ("date", "2026-12-31", "2026-12-31"),
        ("date", "31/12/2026", "2026-12-31"),
        ("yes_no", "yes", "yes"),
    ],
)
def test_an_answer_is_stored_in_one_form_however_it_is_typed(app, kind, typed, stored):
    with app.app_context(), in_language("fr"):
        assert clean_answer(question(type=kind), [typed]) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "twelve"),
        ("number", "1e9999999"),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "9" * 200),
        ("number", "--1"),
        ("date", "31/02/2026"),
        ("date", "0001-01-01"),
        ("date", "tomorrow"),
        ("yes_no", "perhaps"),
        ("text", "a\x00b"),
        ("text", "x" * 1001),
        ("text", "a\u202eb"),
        ("long_text", "x" * 20_001),
        ("one_of", "a"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_a_sentence(app, kind, typed):
    with app.app_context(), pytest.raises(BadAnswer) as refusal:
        clean_answer(question(type=kind), [typed])
    with app.app_context():
        assert str(refusal.value).endswith(".")


def test_choices_are_kept_in_the_order_of_the_form_and_strangers_are_refused(app):
    with app.app_context():
        assert clean_answer(CHOICE, ["b", "a", "a"]) == ["a", "b"]
        with pytest.raises(Refused):
            clean_answer(CHOICE, ["a", "__proto__"])


def test_answers_are_read_in_the_readers_language(app):
    with app.app_context(), in_language("fr"):
        assert shown(question(type="date"), "2026-12-31") == "31/12/2026"
        assert shown(question(type="number"), "1234.5").replace("\u202f", " ").replace("\xa0", " ") == "1 234,5"
        assert shown(CHOICE, ["a", "b"]) == "A, B"
        assert shown(CHOICE, None) == ""


@pytest.mark.parametrize("typed", ["1 234,5", "0,001", "-12", "99999999999999999999", "0.0000001"])
def test_a_number_that_was_shown_can_be_sent_again_unchanged(app, typed):
    with app.app_context():
        for language in ("fr", "en", "it"):
            with in_language(language):
                kept = clean_answer(question(type="number"), [typed])
                again = clean_answer(question(type="number"), [as_field(question(type="number"), kept)])
                assert again == kept, (language, kept, again)
