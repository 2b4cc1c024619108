"""Opening a client space: whole, once, with a bounded number of statements."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Settings
from portal.accounts.models import Person
from portal.clients.models import Client, Membership
from portal.files.models import Folder
from portal.files.queries import folder_level, root_of
from portal.kit.db import db
from portal.mailer.models import Mail
from portal.outbox.models import OutboxEntry
from portal.permissions.levels import Level
from portal.wizard.provision import provision
from portal.wizard.steps import ContactLine, StepRefused
from tests.cast import Cast
from tests.statements import counted
from tests.wizard.drafting import lines, make_draft, make_tree


def _claire() -> ContactLine:
    return ContactLine(
        email="claire@martin.example", first_name="Claire", last_name="Martin", language="fr", is_main=True
    )


def test_finish_opens_the_whole_space(cast: Cast) -> None:
    tree = make_tree(25)
    draft = make_draft(
        cast.alice,
        contacts=lines(_claire(), ContactLine(email=cast.clara.email, person_id=str(cast.clara.id), invite=False)),
        collaborators={str(cast.alice.id): "full", str(cast.bob.id): "read", str(cast.tess.id): "none"},
        tree={"template_id": str(tree.id)},
    )
    client = provision(draft, actor=cast.alice)
    claire = db.session.scalars(select(Person).where(Person.email == "claire@martin.example")).one()
    members = {m.person_id: m for m in db.session.scalars(select(Membership).where(Membership.client_id == client.id))}
    assert set(members) == {cast.alice.id, cast.bob.id, claire.id, cast.clara.id}
    assert members[claire.id].is_main
    assert members[cast.bob.id].level == Level.READ
    folders = db.session.scalars(select(Folder).where(Folder.client_id == client.id)).all()
    assert len(folders) == 26
    first = next(folder for folder in folders if folder.name == "Folder 0")
    assert folder_level(claire.viewer, first) == Level.READ
    assert folder_level(claire.viewer, root_of(client.id)) == Level.NONE
    assert folder_level(cast.tess.viewer, first) == Level.NONE


def test_the_activation_mail_is_promised_in_the_contacts_language(cast: Cast) -> None:
    italian = ContactLine(email="p.arnaud@example.fr", last_name="Arnaud", language="it")
    silent = ContactLine(email="silent@example.fr", last_name="Silent", invite=False)
    provision(make_draft(cast.alice, contacts=lines(italian, silent)), actor=cast.alice)
    mails = db.session.scalars(
        select(Mail).where(Mail.to_address.in_(["p.arnaud@example.fr", "silent@example.fr"]))
    ).all()
    assert [(mail.to_address, mail.language, mail.template) for mail in mails] == [
        ("p.arnaud@example.fr", "it", "activation")
    ]
    assert db.session.scalars(select(OutboxEntry).where(OutboxEntry.name == "mail.deliver")).first() is not None


def test_pressing_twice_makes_one_client(cast: Cast) -> None:
    draft = make_draft(cast.alice)
    assert provision(draft, actor=cast.alice).id == provision(draft, actor=cast.alice).id
    assert db.session.scalar(select(func.count()).where(Client.name == "Boulangerie Martin")) == 1


def test_a_taken_name_leaves_the_draft_as_it_is(cast: Cast) -> None:
    draft = make_draft(cast.alice, name="ACMÉ")
    with pytest.raises(StepRefused) as refusal:
        provision(draft, actor=cast.alice)
    assert refusal.value.step == "information"
    db.session.refresh(draft)
    assert draft.finished_at is None
    assert draft.data["information"]["name"] == "ACMÉ"


def test_a_failure_in_the_last_step_undoes_the_first(cast: Cast) -> None:
    draft = make_draft(
        cast.alice, forms={"template_ids": ["018f0000-0000-7000-8000-000000000000"], "contacts": [], "due_on": None}
    )
    with pytest.raises(StepRefused) as refusal:
        provision(draft, actor=cast.alice)
    assert refusal.value.step == "forms"
    assert db.session.scalar(select(func.count()).where(Client.name == "Boulangerie Martin")) == 0


def test_without_the_permission_to_assign_one_gets_access_alone(cast: Cast) -> None:
    draft = make_draft(cast.bob, collaborators={str(cast.bob.id): "read", str(cast.tess.id): "full"})
    client = provision(draft, actor=cast.bob)
    members = db.session.execute(
        select(Membership.person_id, Membership.level).where(Membership.client_id == client.id)
    ).all()
    assert members == [(cast.bob.id, Level.FULL)]


def test_the_number_of_statements_does_not_grow_with_the_tree(cast: Cast) -> None:
    counts = []
    for number, folders in enumerate((20, 400)):
        tree = make_tree(folders, name=f"Tree {number}")
        draft = make_draft(
            cast.alice, name=f"Client {number}", contacts=lines(_claire()), tree={"template_id": str(tree.id)}
        )
        db.session.expire_all()
        with counted() as statements:
            provision(draft, actor=cast.alice)
        counts.append(len(statements))
    # The second client finds the contact that the first one made, which spares it statements.
    assert counts[1] <= counts[0]
    assert counts[0] < 120


def test_fifty_presses_at_once_make_one_client(fresh_environment: Callable[[], dict[str, str]]) -> None:
    """With real transactions on real connections: the draft's row is the lock."""
    from portal.app import create_app
    from tests.cast import make_cast

    app = create_app(Settings.from_env(fresh_environment()))
    with app.app_context():
        from portal.kit.db import transactional

        cast = transactional(make_cast)()
        draft_id, alice_id = make_draft(cast.alice, contacts=lines(_claire())).id, cast.alice.id
        db.session.remove()

    def press(_number: int) -> Any:
        from portal.wizard.models import Draft

        with app.app_context():
            try:
                return provision(db.session.get(Draft, draft_id), actor=db.session.get(Person, alice_id)).id
            finally:
                db.session.remove()

    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(press, range(50)))
    with app.app_context():
        assert len(set(made)) == 1
        assert (
            db.session.scalar(select(func.count()).select_from(Client).where(Client.name == "Boulangerie Martin")) == 1
        )
        assert (
            db.session.scalar(select(func.count()).select_from(Mail).where(Mail.to_address == "claire@martin.example"))
            == 1
        )
        db.session.remove()
        db.engine.dispose()
