"""Which cameras are dark, and why."""

from datetime import date

from examples import DAY, LOG, MILL, camera, everything

from custodes.register import Standing


def test_every_camera_stands_as_it_should() -> None:
    standings = {one.id: one.standing(DAY) for one in everything().cameras}
    assert {name: standing for name, (standing, _) in standings.items()} == {
        "absent": Standing.ABSENT,
        "bare": Standing.MISSING,
        "broken": Standing.INVALID,
        "changed": Standing.CHANGED,
        "early": Standing.EARLY,
        "gate": Standing.CHARTERED,
        "lapsed": Standing.LAPSED,
        "mill": Standing.CHARTERED,
        "unsigned": Standing.UNSIGNED,
    }
    assert [name for name, (standing, why) in standings.items() if (standing is Standing.CHARTERED) == bool(why)] == []
    assert standings["broken"][1] == "broken.toml: purpose.statement: it is vague"
    assert "dpia.configuration" in standings["changed"][1]
    assert standings["unsigned"][1] == "its charter lacks the signature of mayor.example.org"


def test_the_day_decides() -> None:
    mill = camera("mill", MILL)
    assert mill.standing(date(2027, 12, 31))[0] is Standing.CHARTERED
    assert mill.standing(date(2028, 1, 1))[0] is Standing.LAPSED
    assert mill.standing(date(2026, 12, 31))[0] is Standing.EARLY


def test_leaves_are_counted_with_those_below_their_type() -> None:
    assert LOG.count("mill", "consultation") == 5
    assert LOG.count("mill", "consultation.live") == 2
    assert LOG.count("mill", "consult") == 0
    assert LOG.count("mill", "unseal.open") == 0
    assert LOG.count("", "consultation") == 4
    assert LOG.count("nobody", "consultation") == 0
