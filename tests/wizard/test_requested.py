"""The wizard asks for documents as soon as the space is open."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.clients.models import Client
from portal.document_requests import commands as requests
from portal.document_requests.checklist import Item
from portal.document_requests.models import DocumentRequest, RequestLine, RequestTemplate
from portal.files.commands.tree_templates import save_tree_template
from portal.files.models import Folder, TreeTemplate
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.permissions.levels import Level
from portal.wizard.provision import provision
from portal.wizard.requested import folder_choices
from portal.wizard.steps import ContactLine, StepRefused
from tests.cast import Cast
from tests.statements import counted
from tests.wizard.drafting import lines, make_draft


def _claire() -> ContactLine:
    return ContactLine(email="claire@martin.example", first_name="Claire", last_name="Martin", is_main=True)


@pytest.fixture
def tree(cast: Cast) -> TreeTemplate:
    branches = [Branch("Deposit", Level.DEPOSIT, [Branch("Bank")]), Branch("Accounts", Level.READ)]
    return save_tree_template(None, name="Tree", tree=branches, actor=cast.alice)


@pytest.fixture
def checklist(cast: Cast) -> RequestTemplate:
    return requests.save_template(actor=cast.alice, name="First documents", items=[Item("Lease", days=14), Item("Id")])


def _draft(cast: Cast, tree: TreeTemplate, checklist: RequestTemplate, **more: Any) -> Any:
    steps = {"contacts": lines(_claire()), "tree": {"template_id": str(tree.id)}, **more}
    draft = make_draft(cast.alice, **steps)
    node = next((ident for ident, path in folder_choices(draft) if path == "Deposit / Bank"), None)
    draft.data = {**draft.data, "forms": {"request_id": str(checklist.id), "request_node": node}}
    return draft


def test_the_request_goes_out_with_the_space(cast: Cast, tree: TreeTemplate, checklist: RequestTemplate) -> None:
    client = provision(_draft(cast, tree, checklist), actor=cast.alice)
    sent = db.session.scalars(select(DocumentRequest).where(DocumentRequest.client_id == client.id)).one()
    assert sent.title == "First documents"
    assert db.session.get_one(Folder, sent.folder_id).name == "Bank"
    assert db.session.scalar(select(func.count()).where(RequestLine.request_id == sent.id)) == 2
    mails = db.session.scalars(select(Mail.to_address).where(Mail.template == "document_request")).all()
    assert mails == ["claire@martin.example"]


def test_only_folders_into_which_contacts_may_deposit_are_offered(cast: Cast, tree: TreeTemplate) -> None:
    draft = make_draft(cast.alice, tree={"template_id": str(tree.id)})
    assert [path for _ident, path in folder_choices(draft)] == ["Deposit", "Deposit / Bank"]


def test_what_is_gone_is_said_at_the_step_and_nothing_is_made(
    cast: Cast, tree: TreeTemplate, checklist: RequestTemplate
) -> None:
    gone = "018f0000-0000-7000-8000-000000000000"
    for change in ({"request_id": gone}, {"request_node": gone}, {"request_node": None}):
        draft = _draft(cast, tree, checklist)
        draft.data = {**draft.data, "forms": {**draft.data["forms"], **change}}
        with pytest.raises(StepRefused) as refusal:
            provision(draft, actor=cast.alice)
        assert refusal.value.step == "forms"
    with pytest.raises(StepRefused):
        provision(_draft(cast, tree, checklist, contacts=[]), actor=cast.alice)
    assert db.session.scalar(select(func.count()).where(Client.name == "Boulangerie Martin")) == 0


def test_the_statements_do_not_grow_with_the_checklist(cast: Cast, tree: TreeTemplate) -> None:
    counts = []
    for number, size in enumerate((2, 60)):
        items = [Item(f"Line {place}") for place in range(size)]
        checklist = requests.save_template(actor=cast.alice, name=f"List {number}", items=items)
        draft = _draft(cast, tree, checklist, information={"name": f"Client {number}", "language": "fr"})
        db.session.expire_all()
        with counted() as statements:
            provision(draft, actor=cast.alice)
        counts.append(len(statements))
    assert counts[1] <= counts[0]
    assert counts[0] < 140


def test_the_step_offers_checklists_and_asks_for_the_folder(
    cast: Cast, tree: TreeTemplate, checklist: RequestTemplate, sign_in: Any
) -> None:
    draft = make_draft(cast.alice, contacts=lines(_claire()), tree={"template_id": str(tree.id)})
    browser = sign_in(cast.alice)
    address = f"/drafts/{draft.id}/forms"
    page = browser.get(address)
    assert "First documents" in page.text
    assert "Deposit / Bank" in page.text
    data = {"version": str(draft.version), "action": "continue", "request_id": str(checklist.id)}
    refused = browser.post(address, data=data)
    assert refused.status_code == 422
    assert "Choose where the documents go." in refused.text
    [(node, _path), *_rest] = folder_choices(draft)
    assert browser.post(address, data={**data, "request_node": node}).status_code == 303
    assert "First documents" in browser.get(f"/drafts/{draft.id}/summary").text
