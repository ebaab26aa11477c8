"""`custodes subject`: the rights of people who enrolled."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from custodes.app.attendance import attendance_csv, attended
from custodes.app.commands import enrol
from custodes.app.commands.config import CONFIG, Config
from custodes.app.commands.vault import write_new
from custodes.app.console import out
from custodes.app.subject_records import FIELD, note_soon, opened_records
from custodes.charter import RecognitionMode
from custodes.domain.errors import ConfigError, IntegrityError
from custodes.domain.time import SystemClock, to_iso
from custodes.identity import Pass
from custodes.identity.archive import Archive, Logged
from custodes.identity.consent import Consent, DataSubject, moment
from custodes.journal import Kind
from custodes.ledger import VerifierKey

app = typer.Typer(
    no_args_is_help=True,
    help="Give people who enrolled what is theirs: see, take along, withdraw, and know every use.\n\n"
    "SUBJECT is the random number on the person's receipt. Nothing here needs a camera, and everything works beside a "
    "running server, which logs it. Make sure that whoever asks is the person: the receipt alone is no proof.",
)

app.command("enrol")(enrol.enrol)
app.command("stats")(enrol.stats)

Subject = Annotated[str, typer.Argument(help="Random number of the enrolment: 32 hex digits, on the receipt.")]


@app.command("list")
def list_(config: Config = CONFIG) -> None:
    """List who is enrolled: number, name, where, how, until when."""
    table = Table(Column("number", no_wrap=True), "name", "cameras", "modes", "until")
    with opened_records(config) as records:
        for one in records.held.identities.all():
            consent = one.consent
            row = one.subject, one.person.name, ", ".join(consent.cameras), ", ".join(consent.modes)
            table.add_row(*row, moment(consent.expires))
    out.print(table, markup=False)


@app.command()
def show(subject: Subject, config: Config = CONFIG) -> None:
    """Show what is held about a person who is enrolled, without the template's numbers."""
    with opened_records(config) as records:
        identity = records.identity(subject)
    _print(_words(subject, identity.person, identity.enrolled_ns, identity.consent))
    searchable = RecognitionMode.IDENTIFY in identity.consent.modes
    kept = "encrypted; the server can open it" if searchable else "encrypted; only the person's pass opens it"
    _print([("template", kept)])


@app.command()
def history(subject: Subject, config: Config = CONFIG) -> None:
    """Show every use of a person's data that the log has privately, oldest first; also after the enrolment has ended.

    The log keeps it for as long as `log.body_days` says.
    """
    with opened_records(config) as records:
        logged = records.history(subject)
    if not logged:
        raise ConfigError(f"nothing is logged about {subject[:40]!r}", why="there never was anything, or it was erased")
    _print_history(logged)


@app.command()
def export(
    subject: Subject,
    out_file: Annotated[Path, typer.Option("--out", help="File for the archive; never one that exists.")],
    config: Config = CONFIG,
) -> None:
    """Write everything that is held about a person, and every use of it, into one signed archive for that person.

    It holds the template as it is compared here: useless elsewhere, and still to be handed to nobody else. Where only
    the person's pass opens the template, it is not in the archive. That it was handed out is logged.
    """
    with opened_records(config) as records:
        archive = records.archive(subject, SystemClock().utc_ns())
        note_soon(records.store, Kind.DISCLOSURE_EXPORT, {FIELD: subject, "what": "all that is held, for the person"})
        packed, verifier = archive.packed(records.held.key), records.held.key.verifier
    write_new(out_file, packed)
    out.print(f"Written to {out_file}. To check it:", markup=False, soft_wrap=True)
    out.print(f"custodes subject verify {out_file} --key {verifier}", markup=False, soft_wrap=True)


@app.command()
def attendance(
    subject: Subject,
    out_file: Annotated[Path, typer.Option("--out", help="File for the table, CSV; never one that exists.")],
    config: Config = CONFIG,
) -> None:
    """Write when and where somebody was recognised into a table for that person, a row each time; also after the end.

    Columns: day, from, to (UTC), camera, mode, and the leaf of the log that proves it, empty while the server has yet
    to write it there. It is the person's, and handing it out is logged. The log keeps uses for as long as
    `log.body_days` says, and `custodes subject export` has the same, signed.
    """
    with opened_records(config) as records:
        rows = attended(records.history(subject))
        if not rows:
            records.identity(subject)
        note_soon(records.store, Kind.DISCLOSURE_EXPORT, {FIELD: subject, "what": "attendance, for the person"})
    write_new(out_file, attendance_csv(rows))
    out.print(f"Recognised {len(rows)} times; written to {out_file}.", markup=False, soft_wrap=True)


@app.command()
def verify(
    archive: Annotated[Path, typer.Argument(help="The archive.")],
    key: Annotated[str, typer.Option(help="Verifier key of the server, as `custodes subject export` printed it.")],
) -> None:
    """Check that an archive is what a server signed, and show what is in it. Works offline, without the server."""
    try:
        data = archive.read_bytes()
    except OSError as error:
        raise ConfigError(f"{archive} cannot be read", why=os.strerror(error.errno or 0)) from error
    try:
        verifier = VerifierKey.parse(key)
    except IntegrityError as error:
        raise ConfigError(
            "--key is no verifier key", why=error.what, fix="copy the line that the server printed"
        ) from None
    content = Archive.verified(data, verifier)
    out.print(f"{archive} is what {verifier.name} signed.", markup=False, soft_wrap=True)
    held = content.enrolment
    if held is None:
        _print(
            [("number", content.subject), ("enrolment", "has ended; name, contact, consent and template are erased")]
        )
    else:
        _print(_words(content.subject, held.person, held.enrolled, held.consent))
    _print([("made", to_iso(content.made))])
    _print_history(content.history)


@app.command()
def erase(subject: Subject, config: Config = CONFIG) -> None:
    """Withdraw a consent and erase everything about the person, at once and for good.

    The key of the template is destroyed; then template, pass, name, contact and consent are deleted. Running servers do
    not recognise the person from the next attempt on. What the log has stays, under the random number.
    """
    with opened_records(config) as records:
        records.held.enrolments.withdraw(subject)
    out.print(f"{subject} is erased: key destroyed, template, pass, name, contact and consent deleted.", soft_wrap=True)


@app.command("pass")
def pass_(
    subject: Subject,
    out_file: Annotated[Path, typer.Option("--out", help="File for the QR code, PNG; never one that exists.")],
    config: Config = CONFIG,
) -> None:
    """Make a new pass for a person; the one so far is worth nothing from then on.

    Where the person agreed to verification alone, only the pass so far opens the template, and its text is asked for:
    what any reader of QR codes shows. Who has lost it enrols anew.
    """
    text: str = typer.prompt("Text of the pass so far, or nothing", default="", hide_input=True, show_default=False)
    old = Pass.parse(text) if text.strip() else None
    with opened_records(config) as records:
        records.held.enrolments.reissue(subject, old, hand=lambda shown: write_new(out_file, shown.png()))
    out.print(f"Pass: {out_file}. Whoever has it can show it: delete the file once it is handed over.", soft_wrap=True)


def _words(subject: str, person: DataSubject, enrolled_ns: int, consent: Consent) -> list[tuple[str, str]]:
    guardian = [("guardian", consent.guardian)] if consent.minor else []
    return [
        ("number", subject),
        ("name", person.name),
        ("contact", person.contact),
        *guardian,
        ("enrolled", to_iso(enrolled_ns)),
        ("until", to_iso(consent.expires)),
        ("controller", f"{consent.controller}, {consent.contact}"),
        ("purpose", consent.purpose),
        ("cameras", ", ".join(consent.cameras)),
        ("modes", ", ".join(consent.modes)),
        ("consent text", consent.text),
    ]


def _print(rows: Sequence[tuple[str, str]]) -> None:
    for title, text in rows:
        out.print(f"{title + ':':13} {text}", markup=False, soft_wrap=True)


def _print_history(logged: Sequence[Logged]) -> None:
    for one in logged:
        leaf = "not in the log yet" if one.leaf is None else f"leaf {one.leaf}"
        told = ", ".join(f"{name}: {value}" for name, value in sorted(one.fields.items()) if name != FIELD)
        out.print(f"{to_iso(one.at)}  {one.type:20} {one.camera:12} {leaf:10} {told}", markup=False, soft_wrap=True)
