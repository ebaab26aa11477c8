"""`custodes audit register-diff`: what two registers and the log say together."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from custodes.app.cli import app
from custodes.charter import Answers, parse_charter, render
from custodes.domain.errors import IntegrityError
from custodes.ledger import KeyKind, Leaf, Ledger, SigningKey

KEY = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)


def charter(camera: str, hours: int = 24) -> Any:
    answers = Answers(
        camera=camera,
        controller="Example Ltd",
        contact="privacy@example.org",
        place="back door",
        view="the door and one metre before it",
        baseline="three doors were forced in 2025",
        adopted=date(2026, 1, 1),
        no_dpia_because="one door, nobody else in view",
    )
    return parse_charter(render("workplace-door", answers).replace("event_hours = 24", f"event_hours = {hours}"))


class Town:
    """A log with charters in it, and registers made at some of its checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "policy").write_text(f"log {KEY.verifier}\nquorum none\n", encoding="utf-8")
        self.log = Ledger(folder / "copy", folder / "state", KEY)

    def says(self, kind: str, camera: str, version: str = "") -> None:
        self.log.append([Leaf(1_700_000_000, kind, camera, version, "0" * 64)])

    def register(self, folder: str, *charters: Any, **changes: Any) -> None:
        cameras = [
            {
                "id": one.cameras[0],
                "name": f"{one.cameras[0]} door",
                "charter_version": one.version,
                "charter": json.loads(one.canonical()),
                "state": "chartered",
            }
            | changes
            for one in charters
        ]
        checkpoint = (self.folder / "copy/checkpoint").read_text(encoding="utf-8")
        page = {"format": 1, "generated_from_checkpoint": checkpoint, "cameras": cameras, "more": [1]}
        (self.folder / folder).mkdir(exist_ok=True)
        (self.folder / folder / "register.json").write_text(json.dumps(page), encoding="utf-8")

    def diff(self) -> Result:
        folder = self.folder
        registers = [str(folder / "old/register.json"), str(folder / "new")]
        return CliRunner().invoke(
            app, ["audit", "register-diff", *registers, str(folder / "copy"), "--policy", str(folder / "policy")]
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    one = Town(tmp_path)
    yield one
    one.log.close()


FRONT, BACK, SIDE = charter("front"), charter("back"), charter("side")
BACK_LONGER = charter("back", 48)
FRONT_V, BACK_V, SIDE_V, LONGER_V = (one.version[:12] for one in (FRONT, BACK, SIDE, BACK_LONGER))


def test_what_changed_and_which_leaf_announced_it(town: Town) -> None:
    for one in (FRONT, BACK):
        town.says("charter.adopted", one.cameras[0], one.version)
    town.register("old", FRONT, BACK)
    town.says("heartbeat", "front")
    town.says("charter.adopted", "side", SIDE.version)
    town.says("charter.adopted", "back", BACK_LONGER.version)
    town.says("charter.ended", "front")
    town.register("new", BACK_LONGER, SIDE)
    town.says("charter.adopted", "later", "9" * 64)
    done = town.diff()
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        f"changed  back (back door): charter {BACK_V} -> charter {LONGER_V}, announced by leaf 4",
        "         more   retention of events, hours: 24 -> 48",
        "removed  front (front door), announced by leaf 5",
        f"added    side (side door): charter {SIDE_V}, announced by leaf 3",
    ]


def test_nothing_changed(town: Town) -> None:
    town.says("charter.adopted", "front", FRONT.version)
    town.register("old", FRONT)
    town.register("new", FRONT)
    done = town.diff()
    assert (done.exit_code, done.output) == (0, "Both registers say the same.\n")


def test_dark_cameras(town: Town) -> None:
    """One that never ran needs no leaf; one that stopped does."""
    town.says("charter.adopted", "front", FRONT.version)
    town.says("charter.adopted", "back", BACK.version)
    town.register("old", FRONT, BACK)
    town.says("charter.ended", "front")
    town.register("new", FRONT, BACK, SIDE, state="dark")
    page = json.loads((town.folder / "new/register.json").read_text(encoding="utf-8"))
    page["cameras"].append({"id": "bare", "charter_version": "", "charter": None})
    (town.folder / "new/register.json").write_text(json.dumps(page), encoding="utf-8")
    done = town.diff()
    assert done.output.splitlines() == [
        f"changed  back (back door): charter {BACK_V} -> charter {BACK_V}, dark, which no leaf announces",
        "added    bare: no charter, dark",
        f"changed  front (front door): charter {FRONT_V} -> charter {FRONT_V}, dark, announced by leaf 2",
        f"added    side (side door): charter {SIDE_V}, dark",
        "wrong    back (back door) is shown as dark: leaf 1 adopted a charter for it, and none ended it",
    ]
    town.register("new", FRONT, BACK, SIDE, state="dark", charter_version="", charter=None)
    assert "changed  front (front door): charter" in town.diff().output


def test_what_the_log_does_not_say(town: Town) -> None:
    town.says("charter.adopted", "front", FRONT.version)
    town.says("charter.adopted", "back", BACK.version)
    town.register("old", FRONT, BACK)
    town.register("new", SIDE, BACK_LONGER)
    done = town.diff()
    assert isinstance(done.exception, IntegrityError)
    assert "in 3 places" in str(done.exception)
    assert "removed  front (front door), which no leaf announces\n" in done.output
    assert f"added    side (side door): charter {SIDE_V}, which no leaf announces\n" in done.output
    assert f"wrong    side (side door): no leaf adopted its charter {SIDE_V}\n" in done.output
    assert f"wrong    back (back door): no leaf adopted its charter {LONGER_V}\n" in done.output
    assert "wrong    front is not in the register: leaf 0 adopted a charter for it, and none ended it" in done.output


def test_a_register_that_is_behind_or_shows_another_charter(town: Town) -> None:
    town.says("charter.adopted", "back", BACK.version)
    town.says("charter.adopted", "front", FRONT.version)
    town.register("old")
    town.says("charter.adopted", "back", BACK_LONGER.version)
    town.says("charter.ended", "front")
    town.register("new", BACK, FRONT, charter={"format": 1, "large": 10**30}, name="a\x1b[2Jb")
    done = town.diff()
    assert "wrong    back (a\N{REPLACEMENT CHARACTER}[2Jb): leaf 2 adopted another charter since" in done.output
    assert "leaf 3 ended its charter" in done.output
    assert done.output.count("the charter that is shown is not version") == 2


def test_a_register_of_another_log_or_none(town: Town) -> None:
    town.says("charter.adopted", "back", BACK.version)
    town.register("new", BACK)
    town.says("heartbeat", "back")
    town.register("old", BACK)
    assert "in the wrong order" in str(town.diff().exception)
    good = json.loads((town.folder / "old/register.json").read_text(encoding="utf-8"))
    for change, what in (
        ({"format": 2}, "format"),
        ({"cameras": [*good["cameras"], *good["cameras"]]}, "a camera is in it twice"),
        ({"cameras": [{"id": "back"}]}, "cameras.0"),
        ({"generated_from_checkpoint": "x"}, "cut off"),
        ({"generated_from_checkpoint": ""}, "made without a log"),
    ):
        (town.folder / "old/register.json").write_text(json.dumps(good | change), encoding="utf-8")
        assert what in str(town.diff().exception)
    (town.folder / "old/register.json").write_text("[", encoding="utf-8")
    assert "it is not JSON" in str(town.diff().exception)
    (town.folder / "old/register.json").unlink()
    assert "cannot be read" in str(town.diff().exception)
    other = SigningKey("example.org/log", KeyKind.LOG, b"\7" * 32)
    with Ledger(town.folder / "p", town.folder / "s", other) as log:
        log.append([Leaf(0, "heartbeat", "", "", "0" * 64)])
    town.register("old", BACK)
    forged = good | {"generated_from_checkpoint": (town.folder / "p/checkpoint").read_text(encoding="utf-8")}
    (town.folder / "old/register.json").write_text(json.dumps(forged), encoding="utf-8")
    assert "No log of the policy signed" in str(town.diff().exception)
