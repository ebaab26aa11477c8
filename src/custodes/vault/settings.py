"""Where keys that expire are kept, and who the custodians are."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from custodes.domain.errors import ConfigError, CustodesError, IntegrityError
from custodes.vault.envelope import Custodians
from custodes.vault.keyfolder import check_apart
from custodes.vault.keys import PublicKey
from custodes.vault.shares import MOST_CUSTODIANS


class VaultSettings(BaseModel):
    """Originals under seal, for cameras whose charter keeps them; nothing is sealed without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Path | None = Field(
        default=None,
        description="Folder of keys that expire: outside `data`, on this machine's own disk, and in no backup. "
        "A relative path starts at the configuration file.",
    )
    custodians: dict[str, str] = Field(
        default={},
        description="Public key of each custodian, by the name that charters use; the line that "
        "`custodes vault keygen` prints.",
    )

    @field_validator("custodians")
    @classmethod
    def _are_their_keys(cls, custodians: dict[str, str]) -> dict[str, str]:
        for name, line in custodians.items():
            try:
                key = PublicKey.parse(line)
            except IntegrityError as error:
                msg = f"{name}: {error}"
                raise ValueError(msg) from None
            if key.name != name:
                msg = f"{name}: the key is that of {key.name}; write both names alike"
                raise ValueError(msg)
        return custodians

    def custodians_of(self, needed: int, names: Sequence[str]) -> Custodians:
        """Return the custodians whom a charter names.

        Args:
            needed: k.
            names: Of the n custodians.

        Raises:
            ConfigError: A key is missing, or there are too many.
        """
        if missing := [name for name in names if name not in self.custodians]:
            raise ConfigError(
                f"the custodian {missing[0]} has no key",
                why="the charter keeps originals, and nothing can be sealed to them",
                fix=f'write their public key under [vault.custodians], as in "{missing[0]}" = "custodes-key-1 ..."',
            )
        if len(names) > MOST_CUSTODIANS:
            raise ConfigError(f"there are {len(names)} custodians", why=f"{MOST_CUSTODIANS} are the most")
        return Custodians(needed, tuple(PublicKey.parse(self.custodians[name]) for name in names))


def why_not_sealed(settings: VaultSettings, data: Path, needed: int, names: Sequence[str]) -> str:
    """Return why a camera whose charter names these custodians cannot be sealed; empty where it can.

    Args:
        settings: Of the vault.
        data: The server's data folder.
        needed: k.
        names: Of the n custodians.
    """
    if settings.keys is None:
        return "its charter keeps originals, and vault.keys names no folder for the keys that expire; write one"
    try:
        check_apart(settings.keys, data)
        settings.custodians_of(needed, names)
    except CustodesError as error:
        return error.diagnostics().rstrip(".")
    return ""
