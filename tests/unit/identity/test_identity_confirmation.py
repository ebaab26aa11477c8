"""Two people, each known and each once, in time: nothing else makes an adverse action possible."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.domain.errors import PolicyDenied
from custodes.domain.persons import LOCAL, Person, PersonKind, Role
from custodes.identity import AdverseAction, State

ANA, BOB, CLEA = (Person(name, PersonKind.ACCOUNT, Role.OPERATOR) for name in ("ana", "bob", "clea"))
PROGRAM = Person("bob", PersonKind.TOKEN, Role.ADMIN, "t1")
END_NS = 1000
PROPOSED = AdverseAction("Keep the door shut", END_NS)


def test_two_people_confirm() -> None:
    first = PROPOSED.confirm(ANA, 1)
    assert first.state(1) is State.WAITING
    second = first.confirm(BOB, END_NS - 1)
    assert second.state(END_NS - 1) is second.state(END_NS * 5) is State.CONFIRMED
    assert second.confirmed_by == ("ana", "bob")


def test_one_person_is_not_two() -> None:
    with pytest.raises(PolicyDenied, match="ana has confirmed already"):
        PROPOSED.confirm(ANA, 1).confirm(replace(ANA, role=Role.ADMIN), 2)


@pytest.mark.parametrize("nobody", [LOCAL, PROGRAM])
def test_who_is_no_known_person_decides_nothing(nobody: Person) -> None:
    for decide in (PROPOSED.confirm, PROPOSED.refuse):
        with pytest.raises(PolicyDenied, match="only people with an account"):
            decide(nobody, 1)


def test_it_lapses() -> None:
    first = PROPOSED.confirm(ANA, 1)
    assert first.state(END_NS) is State.LAPSED
    for decide in (first.confirm, first.refuse):
        with pytest.raises(PolicyDenied, match="it is lapsed"):
            decide(BOB, END_NS)


def test_anybody_can_refuse_who_confirmed_too() -> None:
    for refused in (PROPOSED.refuse(BOB, 1), PROPOSED.confirm(ANA, 1).refuse(ANA, 2)):
        assert refused.state(2) is refused.state(END_NS) is State.REFUSED
        with pytest.raises(PolicyDenied, match="it is refused"):
            refused.confirm(CLEA, 3)


STEPS = st.lists(st.tuples(st.sampled_from(["confirm", "refuse"]), st.sampled_from([ANA, BOB, LOCAL, PROGRAM]),
                           st.integers(0, 2 * END_NS)))  # fmt: skip


@given(STEPS)
def test_only_two_accounts_in_time_and_nobody_against(steps: list[tuple[str, Person, int]]) -> None:
    action, confirmed, refused = PROPOSED, set[str](), False
    for what, person, now_ns in steps:
        try:
            action = getattr(action, what)(person, now_ns)
        except PolicyDenied:
            continue
        assert person.kind is PersonKind.ACCOUNT
        assert now_ns < END_NS
        assert not refused
        assert len(confirmed) < 2
        confirmed |= {person.name} if what == "confirm" else set()
        refused |= what == "refuse"
    assert (action.state(END_NS) is State.CONFIRMED) == (len(confirmed) >= 2 and not refused)
