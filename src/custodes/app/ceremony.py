"""Where the vault meets the log: whether a request was announced, and whether an export is what it says it is.

For custodians and outsiders, offline: nothing here needs the server.
"""

from dataclasses import dataclass
from pathlib import Path

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import Accepted, Leaf, Policy, Proof, check_commitment
from custodes.ledger.audit import check_leaf
from custodes.vault.manifest import MANIFEST, Manifest, SignedManifest
from custodes.vault.request import LEAF_TYPE, Announced, UnsealRequest


def check_announced(request: UnsealRequest, announced: Announced, policy: Policy) -> Accepted:
    """Check that the log has exactly this request, and that witnesses saw it; return the checkpoint that says so.

    Args:
        request: What is asked for.
        announced: Proof that the log has it.
        policy: Which log, and how many of which witnesses.

    Raises:
        IntegrityError: The log does not have it, too few witnesses cosigned, or the policy asks for none.
    """
    if policy.is_quorum({}):
        raise IntegrityError(
            "The policy asks for no witness",
            why="without one, nobody could see that the log was made up for this request",
            fix="use a policy with a quorum of witnesses",
        )
    entry = announced.leaf.encode("utf-8", "surrogatepass")
    proof = Proof.parse(announced.proof.encode("utf-8", "surrogatepass"))
    accepted = proof.verify(entry, policy)
    check_leaf(proof.index, entry)
    leaf = Leaf.parse(entry)
    if (leaf.type, leaf.camera, leaf.charter_hash) != (LEAF_TYPE, request.camera, request.charter):
        raise IntegrityError(
            f"Leaf {proof.index} does not announce this request",
            why=f"it is a {leaf.type} about {leaf.camera or 'no camera'}, or under another charter",
        )
    try:
        check_commitment(leaf.commit, announced.salt, canonical_json(request.leaf_body()))
    except IntegrityError:
        raise IntegrityError(
            f"Leaf {proof.index} announces another request",
            why="something in the request was changed after it was logged",
            fix="do not approve, and ask whoever sent it",
        ) from None
    return accepted


@dataclass(frozen=True, slots=True)
class VerifiedExport:
    """An export that is what it says it is.

    Attributes:
        manifest: What it says.
        custodians: Who approved.
        accepted: The checkpoint that covers its request.
    """

    manifest: Manifest
    custodians: list[str]
    accepted: Accepted


def verify_export(folder: Path, policy: Policy) -> VerifiedExport:
    """Check the export in `folder`: signature, approvals, files, and that the log has its request.

    Raises:
        ConfigError: There is no manifest.
        IntegrityError: Something is not as it should be; the message says what.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{folder} holds no export", why=f"there is no {MANIFEST}", fix="name the folder that was handed over"
        ) from error
    signed = SignedManifest.parse(data, "The manifest")
    custodians = signed.check()
    manifest = signed.manifest
    accepted = check_announced(manifest.request, manifest.announced, policy)
    signed.check_files(folder)
    return VerifiedExport(manifest, custodians, accepted)
