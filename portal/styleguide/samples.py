"""What the style guide shows: a form with one field of each kind, a tree, some names. Samples, never translated."""

from __future__ import annotations

from dataclasses import dataclass, field

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.validators import InputRequired

from portal.kit.forms import Form

PEOPLE = ["Claire Martin", "Paul Arnaud", "Bruno Lemaire", "Inès Roche", "Hugo Vidal"]


class SampleForm(Form):
    """One field of each kind."""

    class Meta(Form.Meta):
        csrf = False

    name = StringField("Name of the firm", [InputRequired()], description="As it stands on letters.")
    mail = EmailField("E-mail", [InputRequired()])
    password = PasswordField("Password", description="At least 15 characters.")
    notes = TextAreaField("Notes")
    group = SelectField("Group", choices=[("", "No group"), ("a", "Accounting"), ("s", "Payroll")])
    tags = SelectMultipleField("Tags", choices=[("a", "Agriculture"), ("b", "Bakery"), ("c", "Craft")])
    who = SelectField("Collaborator", choices=[("", "")])
    closing = DateField("Closing date")
    staff = IntegerField("Employees")
    terms = BooleanField("I accept the terms")
    send = BooleanField("Send the activation mail")
    kind = RadioField("Type", choices=[("c", "Company"), ("p", "Person")], default="c")
    many = SelectMultipleField(
        "What it needs",
        choices=[("a", "Accounts"), ("p", "Payroll"), ("l", "Law")],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    view = RadioField("View", choices=[("l", "List"), ("g", "Grid")], default="l")
    upload = FileField("Logo")


@dataclass
class Node:
    """A folder of the sample tree."""

    id: str
    name: str
    children: list[Node] = field(default_factory=list)
    level: str = "read"


def tree() -> list[Node]:
    """Three levels of folders."""
    year = Node("n2", "2026", [Node("n3", "Invoices"), Node("n4", "Bank")])
    return [Node("n1", "Accounts", [year, Node("n5", "2025")]), Node("n6", "Payroll")]


def bad_form() -> SampleForm:
    """The same form with faults."""
    form = SampleForm(formdata=None, prefix="bad-", mail="claire@")
    form.name.errors = ["Please fill this in."]
    form.mail.errors = ["This is not an e-mail address. It looks like name@example.com."]
    form.terms.errors = ["Please accept the terms."]
    return form
