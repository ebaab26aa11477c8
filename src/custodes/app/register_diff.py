"""Holding a published register against the log: which cameras came, went or changed, and was it announced?"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from custodes.charter import Charter, compare
from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import (
    FolderReader,
    Leaf,
    Policy,
    prove_consistency,
    read_checkpoint,
    verify_all,
)
from custodes.ledger.audit import check_leaf

REGISTER: Final = "register.json"
"""Name of the machine-readable register in its folder."""
ADOPTED: Final = "charter.adopted"
"""Type of the leaf that says that a camera has a charter from now on."""
ENDED: Final = "charter.ended"
"""Type of the leaf that says that a camera has none any more."""

_MOST_BYTES: Final = 1 << 28
_DARK: Final = "dark"
_SHORT: Final = 12
"""Digits of a charter's version that are shown."""


class Camera(BaseModel):
    """A camera as the register shows it; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(description="Its id.", pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    name: str = Field(default="", description="What people call it.")
    state: str = Field(default="", description="`dark` where it must not run.")
    charter_version: str = Field(description="Version of its charter, if any.", pattern=r"^([0-9a-f]{64})?$")
    charter: dict[str, Any] | None = Field(description="Its charter, canonical JSON.")

    @property
    def is_dark(self) -> bool:
        """Whether the register says that it does not run."""
        return self.state == _DARK or self.charter is None

    @property
    def standing(self) -> str:
        """By which charter it runs, in words."""
        charter = f"charter {self.charter_version[:_SHORT]}" if self.charter is not None else "no charter"
        return f"{charter}, dark" if self.is_dark else charter

    @property
    def called(self) -> str:
        """Its id and name."""
        return f"{self.id} ({self.name})" if self.name else self.id


class Register(BaseModel):
    """The machine-readable register; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = Field(description="Version of the format.", ge=1, le=1)
    generated_from_checkpoint: str = Field(description="The log's signed checkpoint when the register was made.")
    cameras: list[Camera] = Field(description="Every camera.")

    def by_id(self) -> dict[str, Camera]:
        """Return the cameras by their ids."""
        return {camera.id: camera for camera in self.cameras}


@dataclass(frozen=True, slots=True)
class Findings:
    """What two registers and a log say together.

    Attributes:
        changes: What is different in the newer register, a line each.
        contradictions: Where the newer register does not say what the log says, a line each; empty where all is well.
    """

    changes: tuple[str, ...]
    contradictions: tuple[str, ...]


def load_register(path: Path) -> Register:
    """Return the register at `path`, a file or the folder that holds it.

    Raises:
        ConfigError: It cannot be read, or is no register.
    """
    file = path / REGISTER if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES)
        register = Register.model_validate(json.loads(data))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read", why=os.strerror(error.errno or 0)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        raise ConfigError(f"{file} is no register", why=f"{where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file} is no register", why="it is not JSON") from error
    if len(register.by_id()) != len(register.cameras):
        raise ConfigError(f"{file} is no register", why="a camera is in it twice")
    return register


def compare_registers(old: Register, new: Register, log: FolderReader, policy: Policy) -> Findings:
    """Return what changed from `old` to `new`, which leaf announced it, and where `new` contradicts the log.

    Every leaf of the log is verified first.

    Raises:
        IntegrityError: The log is not sound, or does not go on from the checkpoint of one of the registers.
    """
    history = _History()
    checkpoint = policy.accept(read_checkpoint(log)).checkpoint
    verify_all(log, checkpoint, check=history.take)
    signed_by = Policy(logs=policy.logs)
    ends = []
    for register in (old, new):
        if not register.generated_from_checkpoint:
            raise IntegrityError(
                "A register was made without a log",
                why="it names no checkpoint",
                fix="ask whoever publishes it for one",
            )
        made = signed_by.accept(register.generated_from_checkpoint.encode("utf-8")).checkpoint
        prove_consistency(log, made, checkpoint)
        ends.append(made.size)
    if ends[0] > ends[1]:
        raise IntegrityError(
            "The registers are in the wrong order",
            why=f"the first was made from {ends[0]} leaves, the second from {ends[1]}",
            fix="name the older one first",
        )
    announced = history.until(ends[1])
    changes = tuple(_changes(old.by_id(), new.by_id(), announced))
    return Findings(changes, tuple(_contradictions(new, announced)))


@dataclass(frozen=True, slots=True)
class _Announced:
    """What the leaves say of one camera: when which version was adopted, and whether that ended since."""

    adopted: Mapping[str, int] = field(default_factory=dict)
    """Index of the last leaf that adopted a version, by version, the newest last."""
    ended: int | None = None


class _History:
    """All leaves about charters."""

    def __init__(self) -> None:
        self._leaves: list[Leaf] = []

    def take(self, index: int, entry: bytes) -> None:
        check_leaf(index, entry)
        leaf = Leaf.parse(entry)
        if leaf.type in {ADOPTED, ENDED}:
            self._leaves.append(leaf)

    def until(self, size: int) -> dict[str, _Announced]:
        """Return what the first `size` leaves say, by camera."""
        found: dict[str, _Announced] = {}
        for leaf in self._leaves:
            if leaf.seq >= size:
                break
            known = found.get(leaf.camera, _Announced())
            if leaf.type == ENDED:
                found[leaf.camera] = _Announced(known.adopted, leaf.seq)
            else:
                others = {version: index for version, index in known.adopted.items() if version != leaf.charter_hash}
                found[leaf.camera] = _Announced(others | {leaf.charter_hash: leaf.seq})
        return found


def _changes(old: Mapping[str, Camera], new: Mapping[str, Camera], log: Mapping[str, _Announced]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        said = log.get(name, _Announced())
        if before is None and after is not None:
            yield f"added    {after.called}: {after.standing}{_announced(after, said)}"
        elif after is None and before is not None:
            leaf = "" if before.is_dark else _leaf(said.ended)
            yield f"removed  {before.called}{leaf}"
        elif before is not None and after is not None:
            yield from _changed(before, after, said)


def _changed(before: Camera, after: Camera, said: _Announced) -> Iterator[str]:
    if before.standing != after.standing:
        yield f"changed  {after.called}: {before.standing} -> {after.standing}{_announced(after, said)}"
    if before.charter is not None and after.charter is not None and before.charter_version != after.charter_version:
        yield from (f"         {line}" for line in _charter_changes(before.charter, after.charter))
    if before.name != after.name:
        yield f"renamed  {before.called}: {after.name}"


def _announced(camera: Camera, said: _Announced) -> str:
    """Return which leaf announced how `camera` stands now; of one that never ran, nothing has to be announced."""
    if not camera.is_dark:
        return _leaf(said.adopted.get(camera.charter_version))
    return _leaf(said.ended) if said.adopted else ""


def _charter_changes(before: dict[str, Any], after: dict[str, Any]) -> Iterable[str]:
    try:
        changes = compare(Charter.model_validate(before), Charter.model_validate(after))
    except ValidationError:
        return ["one of the charters is not valid, so what it changes cannot be said"]
    return [f"{change.direction:5}  {change.text}" for change in changes]


def _contradictions(register: Register, log: Mapping[str, _Announced]) -> Iterator[str]:
    cameras = register.by_id()
    for camera in register.cameras:
        if camera.charter is not None and not _is_version_of(camera.charter, camera.charter_version):
            yield f"{camera.called}: the charter that is shown is not version {camera.charter_version[:_SHORT]}"
        yield from _unannounced(camera, log.get(camera.id, _Announced()))
    for name, said in sorted(log.items()):
        if said.adopted and said.ended is None and name not in cameras:
            yield f"{name} is not in the register: leaf {_newest(said)} adopted a charter for it, and none ended it"


def _is_version_of(charter: dict[str, Any], version: str) -> bool:
    try:
        return hashlib.sha256(canonical_json(charter)).hexdigest() == version
    except ValueError:  # numbers or texts that canonical JSON does not have
        return False


def _unannounced(camera: Camera, said: _Announced) -> Iterator[str]:
    if camera.is_dark:
        if said.adopted and said.ended is None:
            yield f"{camera.called} is shown as dark: leaf {_newest(said)} adopted a charter for it, and none ended it"
    elif camera.charter_version not in said.adopted:
        yield f"{camera.called}: no leaf adopted its {camera.standing}"
    elif said.ended is not None:
        yield f"{camera.called}: leaf {said.ended} ended its charter"
    elif (newest := _newest(said)) != said.adopted[camera.charter_version]:
        yield f"{camera.called}: leaf {newest} adopted another charter since {camera.standing}"


def _newest(said: _Announced) -> int:
    return max(said.adopted.values())


def _leaf(index: int | None) -> str:
    return ", which no leaf announces" if index is None else f", announced by leaf {index}"
