"""C2SP texts: keys, notes, checkpoints, cosignatures, policies, proofs, tile names, and leaves."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custodes.domain.errors import IntegrityError
from custodes.ledger import (
    Checkpoint,
    KeyKind,
    Leaf,
    Policy,
    Proof,
    SigningKey,
    VerifierKey,
    check_commitment,
    commitment,
)
from custodes.ledger.cosignature import cosign, cosigned_at
from custodes.ledger.edge import Edge, grow
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.note import Note
from custodes.ledger.tiles import ENTRIES, Tile, join_entries, split_entries, split_hashes, tiles_of, top_level

LOG = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
WITNESSES = [SigningKey(f"w{number}.example", KeyKind.WITNESS, bytes([number]) * 32) for number in (2, 3, 4)]
CHECKPOINT = Checkpoint("example.org/log", 0, EMPTY_ROOT)
NOTE = Note.signed(CHECKPOINT.text, LOG)
GROUP = "".join(f"witness w{number} {key.verifier}\n" for number, key in enumerate(WITNESSES, start=1))
POLICY = f"# ours\n\nlog {LOG.verifier} https://example.org/log\n{GROUP}group two 2 w1\tw2  w3\nquorum two\n".encode()
LEAF = Leaf(1_700_000_000, "consultation.playback", "gate", "a" * 64, "b" * 64, 7)
PROOF = Proof(3, (b"\5" * 32, b"\6" * 32), bytes(NOTE), b"more")

# The example in C2SP tlog-cosignature: formats are checked, keys are not given there.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE"
    "+xeMcTOAYQ8=\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyi"
    "n1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()


def cosigned(*keys: SigningKey) -> bytes:
    note = NOTE
    for key in keys:
        note = note.plus(cosign(NOTE, key, 1_700_000_000))
    return bytes(note)


def test_the_published_example_is_read() -> None:
    note = Note.parse(EXAMPLE)
    assert Checkpoint.parse(note.text).size == 20852163
    assert [line.name for line in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert note.signatures[1].key_id.hex() == "8d66cf3f"
    assert bytes(note) == EXAMPLE


def test_keys_survive_their_texts() -> None:
    for key in (LOG, *WITNESSES, SigningKey.generate("new.example", KeyKind.LOG)):
        assert VerifierKey.parse(str(key.verifier)) == key.verifier
        again = SigningKey.parse(key.private_text())
        assert again.verifier == key.verifier
        assert key.verifier.accepts(again.sign(b"text"), b"text")
        assert key.private_text().rpartition("+")[2] not in repr(key)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "name+id"),
        ("example.org+00000000", "name+id"),
        (f"example.org+00000000+{str(LOG.verifier).rpartition('+')[2]}", "give"),
        (str(LOG.verifier).replace("example.org", "example.com"), "give"),
        (str(LOG.verifier).replace("+AYq", "+Aoq"), "unknown type"),
        ("a b+00000000+AQ==", "no name"),
        ("x+00000000+AQ==", "0 bytes"),
        ("x+00000000+", "unknown type"),
        ("x+00000000+A", "base64"),
    ],
)
def test_wrong_keys_are_refused(text: str, why: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        VerifierKey.parse(text)
    assert why in caught.value.diagnostics()


def test_a_private_key_is_never_quoted() -> None:
    secret = LOG.private_text()
    for text in (secret[:-1], secret + "x", secret.replace("PRIVATE+KEY+", ""), secret.replace("example", "exam")):
        with pytest.raises(IntegrityError) as caught:
            SigningKey.parse(text)
        assert secret.rpartition("+")[2][:20] not in caught.value.diagnostics()


def test_a_quorum_is_needed() -> None:
    policy = Policy.parse(POLICY)
    for keys in (
        [],
        WITNESSES[:1],
        [WITNESSES[0], WITNESSES[0]],
        [SigningKey("w2.example", KeyKind.WITNESS, b"9" * 32)],
    ):
        with pytest.raises(IntegrityError, match="Too few witnesses"):
            policy.accept(cosigned(*keys))
    accepted = policy.accept(cosigned(*WITNESSES[1:]))
    assert accepted.witnesses == {"w2": 1_700_000_000, "w3": 1_700_000_000}
    assert accepted.checkpoint == CHECKPOINT


def test_nested_groups() -> None:
    both = GROUP + "group some any w1 w2\ngroup both all some w3\nquorum both\n"
    policy = Policy.parse(f"log {LOG.verifier}\n{both}".encode())
    with pytest.raises(IntegrityError, match="Too few"):
        policy.accept(cosigned(WITNESSES[0], WITNESSES[1]))
    assert policy.accept(cosigned(WITNESSES[0], WITNESSES[2])).witnesses.keys() == {"w1", "w3"}


def test_deeply_nested_groups() -> None:
    chain = "group g0 any w1\n" + "".join(f"group g{at} all g{at - 1}\n" for at in range(1, 900))
    policy = Policy.parse(f"log {LOG.verifier}\n{GROUP}{chain}quorum g899\n".encode())
    assert policy.accept(cosigned(WITNESSES[0])).witnesses.keys() == {"w1"}
    with pytest.raises(IntegrityError, match="Too few"):
        policy.accept(cosigned(WITNESSES[1]))


def test_cosignatures_carry_their_time() -> None:
    key = WITNESSES[0]
    note = NOTE.plus(cosign(NOTE, key, 5)).plus(cosign(NOTE, key, 9))
    assert cosigned_at(note, key.verifier) == 9
    assert cosigned_at(NOTE, key.verifier) is None
    with pytest.raises(IntegrityError, match="cannot cosign"):
        cosign(NOTE, LOG, 5)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no quorum"),
        ("quorum none", "cut off"),
        ("quorum none\nquorum none\n", "Line 2 of the policy: There is a second"),
        ("quorum w1\n", "Line 1"),
        (f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none\n", "Line 2"),
        (f"log {WITNESSES[0].verifier}\nquorum none\n", "Line 1"),
        (f"witness a {LOG.verifier}\nquorum a\n", "Line 1"),
        (f"witness none {WITNESSES[0].verifier}\nquorum none\n", "Line 1"),
        (GROUP + "group g 4 w1 w2 w3\nquorum g\n", "Line 4"),
        (GROUP + "group g 0 w1 w2 w3\nquorum g\n", "Line 4"),
        (GROUP + "group g 2 w1 w1\nquorum g\n", "Line 4"),
        (GROUP + "group g any\nquorum g\n", "Line 4"),
        (GROUP + "group g any g\nquorum g\n", "Line 4"),
        (GROUP + "group g any w1\ngroup h any w1\nquorum h\n", "Line 5"),
        ("trust me\nquorum none\n", "Line 1"),
        ("quorum none\r\n", "control characters"),
    ],
)
def test_wrong_policies_are_refused(text: str, what: str) -> None:
    with pytest.raises(IntegrityError, match=what):
        Policy.parse(text.encode())


def test_another_logs_checkpoint_is_refused() -> None:
    other = SigningKey("example.org/log", KeyKind.LOG, b"\7" * 32)
    policy = Policy(logs=(LOG.verifier,))
    with pytest.raises(IntegrityError, match="No log of the policy signed"):
        policy.accept(bytes(Note.signed(CHECKPOINT.text, other)))
    with pytest.raises(IntegrityError, match="The checkpoint is of"):
        policy.accept(bytes(Note.signed(Checkpoint("example.org/else", 0, EMPTY_ROOT).text, LOG)))


@pytest.mark.parametrize(
    "text",
    ["a\n1\n", "a\n01\n{root}\n", "a\n-1\n{root}\n", "a\n1\n{root}", "a\n1\n{root}x\n", "a\n1\n\n", "\n1\n{root}\n"],
)
def test_wrong_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        Checkpoint.parse(text.format(root="CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="))


def test_proofs_survive_their_texts() -> None:
    assert Proof.parse(bytes(PROOF)) == PROOF
    plain = Proof(0, (), bytes(NOTE))
    assert Proof.parse(bytes(plain)) == plain


@given(st.integers(-1, 63), st.integers(0, 2**50), st.integers(1, 256))
def test_tiles_survive_their_names(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


def test_tile_names_are_those_of_the_specification() -> None:
    assert Tile(3, 1234067).path == "tile/3/x001/x234/067"
    assert Tile(0, 0, 5).path == "tile/0/000.p/5"
    assert Tile(ENTRIES, 1000).path == "tile/entries/x001/000"
    widths = {level: [tile.width for tile in tiles_of(level, 70_000)] for level in range(top_level(70_000) + 1)}
    assert {level: (len(row), row[-1]) for level, row in widths.items()} == {0: (274, 112), 1: (2, 17), 2: (1, 1)}


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/00",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000\n",
        "tile/0/000.p/01",
        "tile/0/../000",
        "/tile/0/000",
        "tile/0/001/000",
        "tile/entries",
        "tile/-1/000",
    ],
)
def test_other_names_are_refused(path: str) -> None:
    with pytest.raises(IntegrityError, match="no file of a log"):
        Tile.parse(path)


def test_the_files_of_a_large_log_are_those_of_the_specification() -> None:
    edge, files = grow(Edge(), (bytes([number % 256]) for number in range(70_000)))
    assert files.keys() == {tile for level in (-1, 0, 1, 2) for tile in tiles_of(level, 70_000)}
    assert [len(row) for row in edge.levels] == [112, 17, 1]


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=700), st.data())
def test_growing_in_batches_is_growing_at_once(entries: list[bytes], data: st.DataObject) -> None:
    split = data.draw(st.integers(0, len(entries)))
    whole, files = grow(Edge(), entries)
    first, first_files = grow(Edge(), entries[:split])
    second, second_files = grow(first, entries[split:])
    assert second == whole
    assert files.items() <= (first_files | second_files).items()
    assert not {tile for tile in first_files.keys() & second_files.keys() if first_files[tile] != second_files[tile]}


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_survive(entries: list[bytes]) -> None:
    assert split_entries(join_entries(entries), Tile(ENTRIES, 0, len(entries))) == entries


def test_entries_have_a_limit() -> None:
    assert len(join_entries([b"x" * 65535])) == 65537
    with pytest.raises(IntegrityError, match="65536 bytes"):
        join_entries([b"x" * 65536])


def test_leaves_survive_their_json() -> None:
    assert Leaf.parse(bytes(LEAF)) == LEAF
    assert bytes(LEAF) == (
        b'{"camera":"gate","charter_hash":"'
        + b"a" * 64
        + b'","commit":"'
        + b"b" * 64
        + b'","seq":7,"t":1700000000,"type":"consultation.playback","v":1}'
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":1,"w":1'),
        (b'"v":1', b'"v":1,"v":1'),
        (b'"v":1', b'"v": 1'),
        (b'"seq":7', b'"seq":-7'),
        (b'"seq":7', b'"seq":"7"'),
        (b'"gate"', b'"Gate"'),
        (b'"gate"', b'"g\\u0061te"'),
        (b'"gate"', b"null"),
        (b"bbb", b"BBB"),
        (b"playback", b"playback live"),
    ],
)
def test_wrong_leaves_are_refused(old: bytes, new: bytes) -> None:
    assert old in bytes(LEAF)
    with pytest.raises(IntegrityError):
        Leaf.parse(bytes(LEAF).replace(old, new, 1))


def test_a_commitment_opens_only_with_its_salt_and_body() -> None:
    salt, body = b"s" * 32, b'{"person":"an operator"}'
    commit = commitment(salt, body)
    check_commitment(commit, salt, body)
    for other_salt, other_body in ((b"t" * 32, body), (salt, body + b" ")):
        with pytest.raises(IntegrityError, match="not what the leaf commits to"):
            check_commitment(commit, other_salt, other_body)
    with pytest.raises(IntegrityError, match="The salt has 0 bytes"):
        commitment(b"", body)


READERS: dict[str, Callable[[bytes], object]] = {
    "note": Note.parse,
    "checkpoint": lambda data: Checkpoint.parse(data.decode("utf-8", "surrogateescape")),
    "policy": Policy.parse,
    "accept": Policy.parse(POLICY).accept,
    "key": lambda data: VerifierKey.parse(data.decode("utf-8", "surrogateescape")),
    "private key": lambda data: SigningKey.parse(data.decode("utf-8", "surrogateescape")),
    "proof": Proof.parse,
    "leaf": Leaf.parse,
    "bundle": lambda data: split_entries(data, Tile(ENTRIES, 0, 3)),
    "tile": lambda data: split_hashes(data, Tile(0, 0, 3)),
    "path": lambda data: Tile.parse(data.decode("utf-8", "surrogateescape")),
}
GOOD = [
    cosigned(*WITNESSES),
    CHECKPOINT.text.encode(),
    POLICY,
    str(LOG.verifier).encode(),
    LOG.private_text().encode(),
    bytes(PROOF),
    bytes(LEAF),
    join_entries([b"one", b"two", b"three"]),
    b"tile/3/x001/x234/067.p/5",
]


def complaint(read: Callable[[], object]) -> IntegrityError | None:
    try:
        read()
    except IntegrityError as error:
        return error
    return None


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Something readable with a piece replaced, or anything at all."""
    good = draw(st.sampled_from(GOOD))
    start = draw(st.integers(0, len(good)))
    end = draw(st.integers(start, min(len(good), start + 8)))
    return draw(
        st.one_of(st.binary(max_size=200), st.binary(max_size=6).map(lambda new: good[:start] + new + good[end:]))
    )


@pytest.mark.parametrize("reader", READERS)
@given(data=damaged())
@example(data=b"[" * 100_000)
@example(data=b'{"v":' + b"9" * 5000 + b"}")
@example(data="\n\n— \u2003 AAAAAAA=\n".encode())
@example(data="\n\n— ٣ AAAAAAA=\n".encode())
@example(data="x\n٣\n\n\n— x AAAAAAA=\n".encode())
def test_hostile_bytes_end_in_a_clear_error(reader: str, data: bytes) -> None:
    error = complaint(lambda: READERS[reader](data))
    assert error is None or error.diagnostics().isprintable()
