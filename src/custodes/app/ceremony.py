"""Where exports meet the log: whether a request was announced, and whether an export is what it says it is.

For custodians and outsiders, offline: nothing here needs the server.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from custodes.domain.canonical import canonical_json
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.ledger import Accepted, Leaf, Policy, Proof, check_commitment
from custodes.ledger.audit import check_leaf
from custodes.vault.disclosure import LEAF_TYPE as DISCLOSURE
from custodes.vault.disclosure import Disclosure, DisclosureManifest
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
    return _check_leaf(announced, policy, (LEAF_TYPE, request.camera, request.charter), request.leaf_body(), "request")


def _check_leaf(
    announced: Announced, policy: Policy, leaf: tuple[str, str, str], body: Mapping[str, str], what: str
) -> Accepted:
    """Check that the log has a leaf of this type, camera and charter that commits to `body`."""
    entry = announced.leaf.encode("utf-8", "surrogatepass")
    proof = Proof.parse(announced.proof.encode("utf-8", "surrogatepass"))
    accepted = proof.verify(entry, policy)
    check_leaf(proof.index, entry)
    found = Leaf.parse(entry)
    if (found.type, found.camera, found.charter_hash) != leaf:
        raise IntegrityError(
            f"Leaf {proof.index} does not announce this {what}",
            why=f"it is a {found.type} about {found.camera or 'no camera'}, or under another charter",
        )
    try:
        check_commitment(found.commit, announced.salt, canonical_json(dict(body)))
    except IntegrityError:
        raise IntegrityError(
            f"Leaf {proof.index} announces another {what}",
            why=f"something in the {what} was changed after it was logged",
            fix="do not rely on it, and ask whoever sent it",
        ) from None
    return accepted


@dataclass(frozen=True, slots=True)
class VerifiedExport:
    """An export of originals that is what it says it is.

    Attributes:
        manifest: What it says.
        custodians: Who approved.
        accepted: The checkpoint that covers its request.
    """

    manifest: Manifest
    custodians: list[str]
    accepted: Accepted


@dataclass(frozen=True, slots=True)
class VerifiedDisclosure:
    """An export of redacted recordings that is what it says it is.

    Attributes:
        disclosure: What was handed out.
        accepted: The checkpoint that covers it.
    """

    disclosure: Disclosure
    accepted: Accepted


def verify_export(folder: Path, policy: Policy) -> VerifiedExport | VerifiedDisclosure:
    """Check the export in `folder`, of originals or of redacted recordings.

    Of originals: signature, approvals, files, and that the log has its request. Of redacted recordings: files, and
    that the log, whose signature is the export's, has exactly this disclosure.

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
    if _names_disclosure(data):
        return _verify_disclosure(folder, DisclosureManifest.parse(data, "The manifest"), policy)
    signed = SignedManifest.parse(data, "The manifest")
    custodians = signed.check()
    manifest = signed.manifest
    accepted = check_announced(manifest.request, manifest.announced, policy)
    signed.check_files(folder)
    return VerifiedExport(manifest, custodians, accepted)


def _names_disclosure(data: bytes) -> bool:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and "disclosure" in content


def _verify_disclosure(folder: Path, manifest: DisclosureManifest, policy: Policy) -> VerifiedDisclosure:
    disclosure = manifest.disclosure
    leaf = DISCLOSURE, disclosure.camera, disclosure.charter
    accepted = _check_leaf(manifest.announced, policy, leaf, disclosure.leaf_body(), "export")
    manifest.check_files(folder)
    return VerifiedDisclosure(disclosure, accepted)
