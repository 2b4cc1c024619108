"""Roles: made, changed and deleted by those who administer the firm; somebody always does."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Settings
from portal.accounts import commands
from portal.accounts.commands.roles import NoPreset, PresetStays
from portal.accounts.models import Person, Role
from portal.accounts.roles import FEATURE_GROUPS, FEATURE_LABELS, FEATURE_NOTES, PRESETS, Feature
from portal.activity.models import Activity
from portal.app import create_app
from portal.clients import commands as clients
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.statements import counted

Sign = Callable[[Any], Any]


def sent(role: Role, **changes: Any) -> dict[str, Any]:
    """What the page of a role sends."""
    return {"name": role.own_name or "", "features": role.features, "version": role.version, **changes}


def without(role: Role, *features: Feature) -> list[str]:
    return [key for key in role.features if key not in features]


def lines(verb: str) -> list[dict[str, Any]]:
    return [line.details for line in db.session.scalars(select(Activity).where(Activity.verb == verb))]


def test_every_permission_is_explained_and_stands_in_one_group() -> None:
    grouped = [feature for _title, features in FEATURE_GROUPS for feature in features]
    assert sorted(grouped) == sorted(Feature)
    assert set(FEATURE_LABELS) == set(FEATURE_NOTES) == set(Feature)


def test_the_page_says_what_each_role_allows_and_how_many_have_it(cast: Cast, sign_in: Sign) -> None:
    page = sign_in(cast.alice).get("/roles").text
    for name in ("Administrator", "Manager", "Collaborator", "Trainee"):
        assert name in page
    assert page.count("1 person") == 3
    assert "0 people" in page
    assert page.count('aria-label="yes"') == sum(len(features) for features in PRESETS.values())


def test_alice_makes_a_role_and_gives_it_to_tess(cast: Cast, sign_in: Sign) -> None:
    alice = sign_in(cast.alice)
    assert alice.get("/roles/new").status_code == 200
    # Browsers send the hidden version too, which is empty for something new.
    typed = {"name": " Front  desk ", "features": ["manage_contacts", "forms"], "version": ""}
    made = alice.post("/roles/new", data=typed)
    assert made.status_code == 303
    role = db.session.scalars(select(Role).where(Role.own_name.is_not(None))).one()
    assert (role.name, role.features, role.preset) == ("Front desk", ["forms", "manage_contacts"], None)
    assert lines("role.created") == [{"role": "Front desk", "granted": ["forms", "manage_contacts"]}]
    form = alice.get(f"/collaborators/{cast.tess.id}").text
    assert "Front desk" in form
    tess = sign_in(cast.tess)
    clients.set_standing(cast.acme, cast.tess, Level.FULL, actor=cast.alice)
    address = f"/clients/{cast.acme.id}/contacts/suggestions?q=x"
    assert tess.get(address).status_code == 403
    details = {"first_name": "Tess", "last_name": "Thomas", "email": cast.tess.email, "language": "en"}
    changed = alice.post(
        f"/collaborators/{cast.tess.id}", data={**details, "version": cast.tess.version, "role_id": role.id}
    )
    assert changed.status_code == 303
    assert tess.get(address).status_code == 200


@pytest.mark.parametrize("name", ["Front desk", "FRONT DESK", "Frönt desk", "manager"])
def test_two_roles_never_share_a_name(cast: Cast, sign_in: Sign, name: str) -> None:
    commands.create_role(name="Front desk", features=[], actor=cast.alice)
    answer = sign_in(cast.alice).post("/roles/new", data={"name": name})
    assert answer.status_code == 422
    assert "Another role has this name already." in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "a\x00b"},
        {"name": "a\u202eb"},
        {"name": "Good", "features": ["everything"]},
        {"name": "Good", "features": ["forms", "forms; drop table role"]},
    ],
)
def test_bad_input_is_refused_with_a_sentence(cast: Cast, sign_in: Sign, data: dict[str, Any]) -> None:
    alice = sign_in(cast.alice)
    role = commands.create_role(name="Front desk", features=[], actor=cast.alice)
    assert alice.post("/roles/new", data=data).status_code == 422
    assert alice.post(f"/roles/{role.id}", data={**data, "version": role.version}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Role)) == 5


def test_a_preset_is_renamed_changed_and_taken_back(cast: Cast, sign_in: Sign) -> None:
    alice, manager = sign_in(cast.alice), cast.roles["manager"]
    address = f"/roles/{manager.id}"
    assert "Back to the preset" not in alice.get(address).text
    fewer = without(manager, Feature.EXPORTS, Feature.TRASH)
    assert alice.post(address, data=sent(manager, name="Partner", features=fewer)).status_code == 303
    assert (manager.name, manager.features, manager.version) == ("Partner", fewer, 2)
    assert lines("role.edited") == [{"role": "Partner", "granted": [], "taken": ["exports", "trash"]}]
    assert "Back to the preset" in alice.get(address).text
    assert alice.post(f"{address}/preset").status_code == 303
    assert set(manager.features) == PRESETS["manager"]
    assert manager.name == "Partner"
    alice.post(address, data=sent(manager, name=""))
    assert manager.name == "Manager"


def test_saving_without_a_change_leaves_no_line(cast: Cast, sign_in: Sign) -> None:
    manager = cast.roles["manager"]
    sign_in(cast.alice).post(f"/roles/{manager.id}", data=sent(manager))
    assert (lines("role.edited"), manager.version) == ([], 1)


def test_only_a_preset_goes_back(cast: Cast, sign_in: Sign) -> None:
    role = commands.create_role(name="Front desk", features=[], actor=cast.alice)
    with pytest.raises(NoPreset):
        commands.reset_role(role, actor=cast.alice)
    assert sign_in(cast.alice).post(f"/roles/{role.id}/preset").status_code == 422


def test_a_role_is_duplicated_under_a_free_name(cast: Cast, sign_in: Sign) -> None:
    alice, bobs = sign_in(cast.alice), cast.roles["collaborator"]
    for _number in range(3):
        copied = alice.post(f"/roles/{bobs.id}/copies")
        assert alice.get(copied.location).status_code == 200
    made = list(db.session.scalars(select(Role).where(Role.preset.is_(None)).order_by(Role.position)))
    assert [role.name for role in made] == [
        "Collaborator (copy)", "Collaborator (copy 2)", "Collaborator (copy 3)",
    ]  # fmt: skip
    assert all(role.features == bobs.features for role in made)


def test_a_deleted_role_hands_its_people_on(cast: Cast, sign_in: Sign) -> None:
    alice = sign_in(cast.alice)
    role = commands.create_role(name="Front desk", features=["forms"], actor=cast.alice)
    for person in (cast.bob, cast.tess):
        commands.set_role(person, role, actor=cast.alice)
    page = alice.get(f"/roles/{role.id}").text
    assert "2 people have this role and need another one." in page
    deletion = f"/roles/{role.id}/deletion"
    for into in ("", "nonsense", str(uuid.uuid4()), str(role.id)):
        refused = alice.post(deletion, data={"into": into})
        assert refused.status_code == 422, into
        assert "Say which role its people get instead." in refused.text
    assert alice.post(deletion, data={"into": cast.roles["trainee"].id}).status_code == 303
    db.session.expire_all()
    assert (cast.bob.role_id, cast.tess.role_id) == (cast.roles["trainee"].id,) * 2
    assert db.session.get(Role, role.id) is None
    assert lines("role.deleted") == [{"role": "Front desk", "people": 2, "instead": "trainee"}]
    assert alice.post(deletion).status_code == 404


def test_a_role_that_nobody_has_goes_without_asking(cast: Cast) -> None:
    role = commands.create_role(name="Front desk", features=["forms"], actor=cast.alice)
    assert commands.delete_role(role, into=None, actor=cast.alice) == 0


def test_the_four_presets_stay(cast: Cast, sign_in: Sign) -> None:
    alice = sign_in(cast.alice)
    for role in cast.roles.values():
        with pytest.raises(PresetStays):
            commands.delete_role(role, into=cast.roles["trainee"], actor=cast.alice)
        assert alice.post(f"/roles/{role.id}/deletion").status_code == 422
        assert "delete-role" not in alice.get(f"/roles/{role.id}").text


def test_somebody_always_administers_the_firm(cast: Cast, sign_in: Sign) -> None:
    """The last one cannot be shut out by any way: role edit, reset, role change, disabling, deleting the role."""
    alice, administrator = sign_in(cast.alice), cast.roles["administrator"]
    address = f"/roles/{administrator.id}"
    refused = alice.post(address, data=sent(administrator, features=without(administrator, Feature.SETTINGS)))
    assert refused.status_code == 422
    assert "This is the last administrator." in refused.text
    assert alice.get("/roles").status_code == 200
    own = commands.create_role(name="Owners", features=list(Feature), actor=cast.alice)
    commands.set_role(cast.alice, own, actor=cast.alice)
    for way in (
        lambda: commands.delete_role(own, into=cast.roles["manager"], actor=cast.alice),
        lambda: commands.edit_role(own, name="Owners", features=[], version=own.version, actor=cast.alice),
        lambda: commands.set_role(cast.alice, cast.roles["manager"], actor=cast.alice),
        lambda: commands.disable_person(cast.alice, actor=cast.bob),
    ):
        with pytest.raises(commands.LastAdministrator):
            way()
    # Somebody who has not activated, or is disabled, administers nothing.
    nora = commands.create_collaborator(email="nora@firm.example", role=administrator, actor=cast.alice)
    commands.set_role(cast.bob, administrator, actor=cast.alice)
    commands.disable_person(cast.bob, actor=cast.alice)
    with pytest.raises(commands.LastAdministrator):
        commands.set_role(cast.alice, cast.roles["manager"], actor=cast.alice)
    commands.enable_person(cast.bob, actor=cast.alice)
    commands.set_role(cast.alice, cast.roles["manager"], actor=cast.bob)
    assert nora.activated_at is None


def test_a_preset_that_went_back_may_not_leave_the_firm_alone(cast: Cast) -> None:
    """Alice administers as a manager; taking the manager back to its preset would shut everybody out."""
    manager = cast.roles["manager"]
    commands.edit_role(manager, name="", features=list(Feature), version=manager.version, actor=cast.alice)
    commands.set_role(cast.alice, manager, actor=cast.alice)
    with pytest.raises(commands.LastAdministrator):
        commands.reset_role(manager, actor=cast.alice)


def test_nobody_gives_more_than_they_have(cast: Cast, sign_in: Sign) -> None:
    """A role that administers but does not see all clients cannot widen itself."""
    office = commands.create_role(name="Office", features=["settings", "forms"], actor=cast.alice)
    commands.set_role(cast.tess, office, actor=cast.alice)
    tess = sign_in(cast.tess)
    widened = tess.post(f"/roles/{office.id}", data=sent(office, features=[*office.features, "view_all_clients"]))
    assert widened.status_code == 422
    assert "You can give only what your own role allows." in widened.text
    assert tess.post("/roles/new", data={"name": "Spies", "features": ["view_all_clients"]}).status_code == 422
    assert tess.post(f"/roles/{cast.roles['administrator'].id}/copies").status_code == 422
    for way in (
        lambda: commands.set_role(cast.tess, cast.roles["administrator"], actor=cast.tess),
        lambda: commands.add_collaborator(email="n@firm.example", role=cast.roles["manager"], actor=cast.tess),
        lambda: commands.update_collaborator(
            cast.alice, role=cast.alice.role, actor=cast.tess, version=None, email="mine@firm.example"
        ),
        lambda: commands.delete_role(
            commands.create_role(name="Empty", features=[], actor=cast.tess),
            into=cast.roles["administrator"],
            actor=cast.tess,
        ),
    ):
        with pytest.raises(commands.MoreThanOwn):
            way()
    # Taking away is no giving, and neither is leaving what was there.
    bobs = cast.roles["collaborator"]
    commands.edit_role(bobs, name="", features=without(bobs, Feature.FORMS), version=1, actor=cast.tess)
    assert Feature.MANAGE_CLIENTS in bobs.features


def test_a_change_acts_on_the_next_request(cast: Cast, sign_in: Sign) -> None:
    bobs = cast.roles["collaborator"]
    bob = sign_in(cast.bob)
    create, contacts = "/clients/new", f"/clients/{cast.acme.id}/contacts/suggestions?q=x"
    assert bob.get(create).status_code == 200
    assert bob.get(contacts).status_code == 200
    fewer = without(bobs, Feature.CREATE_CLIENTS, Feature.MANAGE_CONTACTS)
    commands.edit_role(bobs, name="", features=fewer, version=bobs.version, actor=cast.alice)
    assert bob.get(create).status_code == 403
    assert bob.get(contacts).status_code == 403
    assert bob.post(f"/clients/{cast.acme.id}/contacts", data={"email": "x@client.example"}).status_code == 403
    commands.reset_role(bobs, actor=cast.alice)
    assert bob.get(create).status_code == 200


def test_clients_vanish_with_the_right_to_see_all(cast: Cast, sign_in: Sign) -> None:
    manager = cast.roles["manager"]
    commands.set_role(cast.tess, manager, actor=cast.alice)
    tess = sign_in(cast.tess)
    addresses = (f"/clients/{cast.other.id}", f"/folders/{cast.other_folder.id}", f"/clients/{cast.acme.id}")
    assert [tess.get(address).status_code for address in addresses] == [200, 200, 200]
    assert "Brasserie du Port" in tess.get("/clients").text
    fewer = without(manager, Feature.VIEW_ALL_CLIENTS)
    commands.edit_role(manager, name="", features=fewer, version=manager.version, actor=cast.alice)
    assert [tess.get(address).status_code for address in addresses] == [404, 404, 404]
    assert "Brasserie du Port" not in tess.get("/clients").text


def test_who_administers_no_more_is_out_at_once(cast: Cast, sign_in: Sign) -> None:
    commands.set_role(cast.bob, cast.roles["administrator"], actor=cast.alice)
    own = commands.create_role(name="Owners", features=list(Feature), actor=cast.alice)
    commands.set_role(cast.bob, own, actor=cast.alice)
    bob = sign_in(cast.bob)
    assert bob.get("/roles").status_code == 200
    commands.edit_role(own, name="Owners", features=["forms"], version=own.version, actor=cast.alice)
    for address in ("/roles", "/roles/new", f"/roles/{own.id}", "/collaborators", "/settings/firm"):
        assert bob.get(address).status_code == 403, address
    assert bob.post(f"/roles/{own.id}", data=sent(own, features=list(Feature))).status_code == 403


def test_the_second_of_two_who_save_sees_both_values(cast: Cast, sign_in: Sign) -> None:
    alice, manager = sign_in(cast.alice), cast.roles["manager"]
    mine = sent(manager, name="Mine", features=["forms"])
    theirs = sent(manager, name="Theirs", features=["exports"])
    assert sign_in(cast.alice).post(f"/roles/{manager.id}", data=theirs).status_code == 303
    answer = alice.post(f"/roles/{manager.id}", data=mine)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert "Somebody else has saved “Theirs” here." in answer.text
    assert "Somebody else has saved “Export to Excel” here." in answer.text
    assert manager.name == "Theirs"
    # Sending again overwrites, now knowingly.
    assert alice.post(f"/roles/{manager.id}", data={**mine, "version": manager.version}).status_code == 303
    assert (manager.name, manager.features) == ("Mine", ["forms"])


def test_a_role_that_is_gone_meanwhile_is_a_conflict(cast: Cast) -> None:
    role = commands.create_role(name="Front desk", features=[], actor=cast.alice)
    commands.delete_role(role, into=None, actor=cast.alice)
    with pytest.raises(Conflict):
        commands.edit_role(role, name="Other", features=[], version=1, actor=cast.alice)
    with pytest.raises(Conflict):
        commands.set_role(cast.bob, role, actor=cast.alice)


def test_only_those_who_administer_reach_the_roles(cast: Cast, client: Any, sign_in: Sign) -> None:
    role = cast.roles["manager"]
    before = dict(sent(role))
    doors = [("GET", f"/roles/{role.id}"), ("GET", "/roles"), ("GET", "/roles/new"), ("POST", "/roles/new")]
    doors += [("POST", f"/roles/{role.id}{part}") for part in ("", "/copies", "/preset", "/deletion")]
    for person, answers in (
        (cast.bob, {403}),
        (cast.tess, {403}),
        (cast.clara, {403, 404}),
        (cast.mallory, {403, 404}),
    ):
        browser = sign_in(person)
        for method, address in doors:
            found = browser.open(address, method=method, data={"name": "Mallory's", "features": ["settings"]})
            assert found.status_code in answers, (person.full_name, method, address)
    for method, address in doors:
        assert "/sign-in" in client.open(address, method=method).location
    assert sent(role) == before
    assert sign_in(cast.alice).get(f"/roles/{uuid.uuid4()}").status_code == 404


def test_the_page_of_roles_asks_the_same_for_any_number_of_them(cast: Cast, sign_in: Sign) -> None:
    alice = sign_in(cast.alice)
    with counted() as few:
        alice.get("/roles")
    for number in range(8):
        commands.create_role(name=f"Role {number}", features=[], actor=cast.alice)
    with counted() as many:
        alice.get("/roles")
    assert len(many) == len(few) <= 5


@pytest.fixture
def site(fresh_environment: Callable[[], dict[str, str]]) -> Iterator[Any]:
    """An application on a database of its own, in which everything is committed."""
    app = create_app(Settings.from_env(fresh_environment()))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        commands.create_firm(name="Cabinet Verdier")
        commands.ensure_roles()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@transactional
def _two_administrators() -> list[uuid.UUID]:
    """Both active, each with a role of their own, which allows everything."""
    ids = []
    for number in range(2):
        role = commands.create_role(name=f"Owner {number} {uuid.uuid4()}"[:60], features=list(Feature), actor=None)
        person = commands.create_collaborator(email=f"{uuid.uuid4()}@firm.example", role=role, actor=None)
        person.activated_at = func.now()
        ids.append(person.id)
    return ids


def _demote(person: Person, by: Person) -> None:
    trainee = db.session.scalars(select(Role).where(Role.preset == "trainee")).one()
    commands.set_role(person, trainee, actor=by)


def _disable(person: Person, by: Person) -> None:
    commands.disable_person(person, actor=by)


def _empty(person: Person, by: Person) -> None:
    role = person.role
    assert role is not None
    commands.edit_role(role, name=role.name, features=[], version=role.version, actor=by)


def _delete(person: Person, by: Person) -> None:
    trainee = db.session.scalars(select(Role).where(Role.preset == "trainee")).one()
    assert person.role is not None
    commands.delete_role(person.role, into=trainee, actor=by)


def test_two_who_shut_each_other_out_at_once_leave_one(site: Any) -> None:
    """Every pair of ways, at the same moment, with real commits: one of the two is refused."""
    ways = (_demote, _disable, _empty, _delete)
    rounds = 0
    for pair in itertools.product(ways, repeat=2):
        with site.app_context():
            ids = _two_administrators()
            db.session.remove()

        def shut_out(number: int, pair: Any = pair, ids: Any = ids) -> Any:
            with site.app_context():
                try:
                    other, me = db.session.get_one(Person, ids[1 - number]), db.session.get_one(Person, ids[number])
                    return pair[number](other, me)
                except commands.LastAdministrator as refusal:
                    return refusal
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(shut_out, range(2)))
        assert sum(isinstance(answer, commands.LastAdministrator) for answer in answers) == 1, pair
        with site.app_context():
            people = [db.session.get_one(Person, ident) for ident in ids]
            left = [person for person in people if _administers(person)]
            assert len(left) == 1
            _retire(left[0].id)
            db.session.remove()
        rounds += 1
    record_figure("administrators who shut each other out at once: pairs of ways that leave one", rounds, "16", True)


def _administers(person: Person) -> bool:
    return person.is_active and person.role is not None and Feature.SETTINGS in person.role.features


@transactional
def _retire(person_id: uuid.UUID) -> None:
    """The one who was left must not count in the next round."""
    db.session.get_one(Person, person_id).disabled_at = func.now()
