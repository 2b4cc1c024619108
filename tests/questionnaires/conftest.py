"""A template and a form that was sent to Clara."""

from __future__ import annotations

import pytest

from portal.questionnaires import commands

SECTIONS = [
    {
        "id": "you",
        "title": "About you",
        "help": "",
        "questions": [
            {"id": "name", "type": "text", "label": "What is your name?", "required": True},
            {"id": "story", "type": "long_text", "label": "Tell us more", "help": "As much as you like."},
            {"id": "turnover", "type": "number", "label": "Turnover"},
            {"id": "closing", "type": "date", "label": "Closing date", "required": True},
        ],
    },
    {
        "id": "choices",
        "title": "Choices",
        "help": "Two more questions.",
        "questions": [
            {"id": "vat", "type": "yes_no", "label": "Do you pay VAT?"},
            {
                "id": "regime",
                "type": "one_of",
                "label": "Tax regime",
                "options": [{"key": "is", "label": "IS"}, {"key": "ir", "label": "IR"}],
            },
            {
                "id": "needs",
                "type": "many_of",
                "label": "What do you need?",
                "options": [{"key": "pay", "label": "Payroll"}, {"key": "tax", "label": "Tax"}],
            },
        ],
    },
]
GOOD = {"name": ["Clara"], "closing": ["2026-12-31"], "turnover": ["1,250"], "vat": ["yes"], "needs": ["tax", "pay"]}


@pytest.fixture
def template(cast):
    return commands.save_template(
        actor=cast.alice, title="New client", sections=SECTIONS, mail_text="Hello.\n\nPlease.", description="Welcome."
    )


@pytest.fixture
def form(cast, template):
    return commands.send_form(template, client=cast.acme, contacts=[cast.clara], actor=cast.bob)[0]
