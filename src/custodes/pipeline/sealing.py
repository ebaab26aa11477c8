"""What a worker seals, for whom, and what is logged about it."""

from pathlib import Path

from custodes.charter import Charter
from custodes.journal import Entry, Kind
from custodes.record import RecordingSettings
from custodes.record.sealed import Vault
from custodes.vault import EpochSealed, HourKeys, PartSealed, SealedFolder
from custodes.vault.settings import VaultSettings


def vault_of(charter: Charter, settings: VaultSettings, sealed: Path, recording: RecordingSettings) -> Vault | None:
    """Return where a camera's originals are sealed, None where its charter keeps none.

    Args:
        charter: Of the camera.
        settings: Of the vault.
        sealed: Folder of sealed hours.
        recording: Of the camera; says what the disk must have free.

    Raises:
        ConfigError: A custodian has no key.
        StoreError: The key store cannot be made.
    """
    if not charter.storage.sealed_hours or charter.custodians is None or settings.keys is None:
        return None
    return Vault(
        folder=SealedFolder(sealed),
        keys=HourKeys(settings.keys),
        custodians=settings.custodians_of(charter.custodians.needed, charter.custodians.names),
        charter=charter.version,
        least_free=round(recording.min_free_gb * 1e9),
    )


def entry_of(notice: EpochSealed | PartSealed, charter: str) -> Entry:
    """Return what is logged about `notice`: hashes, by which what lies on the disk can be checked later.

    Args:
        notice: What was sealed.
        charter: Version of the charter in force.
    """
    place = {"hour": notice.hour, "epoch": notice.epoch}
    if isinstance(notice, PartSealed):
        body = {**place, "part": str(notice.part), "bytes": str(notice.size), "sha256": notice.sha256}
        return Entry(Kind.SEAL_PART, notice.camera, charter, body)
    shares = {f"share {number}": sha256 for number, sha256 in enumerate(notice.shares.values(), start=1)}
    body = {**place, "needed": str(notice.needed), "envelope": notice.envelope, **shares}
    return Entry(Kind.SEAL_KEY, notice.camera, charter, body)
