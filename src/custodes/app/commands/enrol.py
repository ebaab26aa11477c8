"""`custodes subject enrol` and `custodes subject stats`: the desk at which people enrol, on the command line."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError
from rich.table import Table

from custodes.api.enrolling import LEAST_PHOTOS, MOST_PHOTOS, PhotoLook, Refused, Welcome
from custodes.app.commands.config import CONFIG, Config
from custodes.app.commands.vault import write_new
from custodes.app.console import err, out
from custodes.app.enrolment_desk import Desk
from custodes.app.face_photos import FacePhotos
from custodes.app.subject_records import opened_records
from custodes.charter import RecognitionMode
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock
from custodes.evaluate.biometrics import Rate
from custodes.identity import Consent, DataSubject, languages
from custodes.identity.attempts import Attempts, Result

_DELETED: Final = (
    "The photo files are deleted as soon as the template is made, as the text says. Whoever wants to keep them copies "
    "them first."
)


def enrol(
    *,
    camera: Annotated[list[str], typer.Option(help="Camera at which the person is to be recognised; may be repeated.")],
    photo: Annotated[
        list[Path],
        typer.Option(help=f"Photo of the person alone, {LEAST_PHOTOS} to {MOST_PHOTOS} times. The file is deleted."),
    ],
    out_folder: Annotated[Path, typer.Option("--out", help="New folder for receipt and pass.")],
    mode: Annotated[
        list[RecognitionMode] | None,
        typer.Option(help="How the person is to be recognised, verify if not given; may be repeated."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the person; asked for where it is not given.")] = "",
    contact: Annotated[str, typer.Option(help="How to reach the person, or the guardian; asked for likewise.")] = "",
    days: Annotated[int, typer.Option(min=1, max=731, help="Days until the consent ends by itself.")] = 365,
    minor: Annotated[bool, typer.Option("--minor", help="The person is a minor, whose guardian agrees.")] = False,
    guardian: Annotated[str, typer.Option(help="Who agrees for a minor, or where the proof of it is.")] = "",
    language: Annotated[str, typer.Option(help=f"Language of the text: {', '.join(languages())}.")] = "en",
    agreed: Annotated[
        bool, typer.Option("--agreed", help="The person has read the text and agreed: do not ask again.")
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Enrol somebody who wants to be recognised: the text, the agreement, the photos, then receipt and pass.

    The text says who, what for, where, how, until when, and how to get the same without it. Take the photos one after
    another, from the front, in good light, of one person alone; what is wrong with one is said, with what to change.
    Photos are deleted once the template is made. `--out` gets receipt.txt, and enrolment.pdf to print; with
    verification, pass.png too. The pass is nowhere else: hand it over, and delete the folder.

    Whoever agrees to verification alone needs the pass each time. Identification needs none, and searches among all who
    agreed to it; nobody can be enrolled for it twice at one camera.
    """
    with _desk(config) as desk:
        _check_offered(desk, camera)
        modes = mode or [RecognitionMode.VERIFY]
        consent = desk.draft(camera, modes, days=days, minor=minor, guardian=guardian, language=language)
        files = _readable(photo)
        _show(consent)
        if not agreed and not typer.confirm("Does the person, or the guardian, agree to this?", default=False):
            out.print("Nobody is enrolled, and the photos are where they were.")
            raise typer.Exit(1)
        person = _person(name or typer.prompt("Name"), contact or typer.prompt("Contact"))
        _make(out_folder)
        try:
            answer = desk.enrol(person, consent, [data for _, data in files])
        except BaseException:
            out_folder.rmdir()
            raise
        _tell([path for path, _ in files], answer.photos)
        if isinstance(answer, Refused):
            out_folder.rmdir()
            raise ConfigError("Nobody is enrolled, and the photos are where they were", why=answer.why, fix=answer.fix)
        try:
            _hand_over(answer, out_folder)
        except BaseException:  # whoever has no pass and no receipt is better off not enrolled
            desk.withdraw(answer.receipt.body.subject)
            raise
    _delete([path for path, _ in files])


def stats(config: Config = CONFIG) -> None:
    """Show how often people could not be enrolled, and why: the failure-to-enrol rate (FTE), with its 95 % interval.

    Attempts are counted, not people: whoever tries three times counts three times. An attempt at two cameras counts at
    both.
    """
    with _desk(config) as desk:
        tallies = desk.tallies()
    table = Table("camera", "attempts", "failure to enrol", "why")
    for camera, tally in tallies.items():
        why = [f"{_words(result)}: {times}" for result, times in tally.times.items() if result is not Result.ENROLLED]
        table.add_row(
            camera or "all", str(tally.attempts), Rate(tally.failed, tally.attempts).shown(), ", ".join(sorted(why))
        )
    out.print(table, markup=False)


def _words(result: Result) -> str:
    return result.value.replace("_", " ")


@contextmanager
def _desk(config: Path) -> Iterator[Desk]:
    with opened_records(config) as records, closing(Attempts.open(records.folders.identities)) as attempts:
        yield Desk(
            records.held,
            attempts,
            records.charters,
            FacePhotos(),
            clock=SystemClock(),
        )


def _check_offered(desk: Desk, cameras: Sequence[str]) -> None:
    offered = {offer.camera for offer in desk.offers()}
    unknown = sorted(set(cameras) - offered)
    if unknown:
        raise ConfigError(
            f"Nobody may be recognised at {', '.join(unknown)}",
            why="no charter that the server has adopted names recognition there",
            fix=f"these do: {', '.join(sorted(offered))}"
            if offered
            else "write it into the charter, and start the server",
        )


def _person(name: str, contact: str) -> DataSubject:
    try:
        return DataSubject(name=name.strip(), contact=contact.strip())
    except ValidationError:
        raise ConfigError("name and contact are one line each, of at most 200 characters") from None


def _readable(paths: Sequence[Path]) -> list[tuple[Path, bytes]]:
    """Return the files among `paths` that can be read, in order, and name the others.

    Raises:
        ConfigError: They are too few, or `paths` too many.
    """
    files = []
    for path in paths:
        try:
            files.append((path, path.read_bytes()))
        except IsADirectoryError:
            err.print(f"{path}: It is a folder: name the photos in it.", markup=False, soft_wrap=True)
        except OSError as error:
            why = os.strerror(error.errno or 0)
            err.print(f"{path}: It cannot be read ({why}).", markup=False, soft_wrap=True)
    if len(files) < LEAST_PHOTOS or len(paths) > MOST_PHOTOS:
        readable = "" if len(files) == len(paths) else f", of which {len(files)} can be read"
        raise ConfigError(
            f"{len(paths)} photos were given{readable}",
            fix=f"give {LEAST_PHOTOS} to {MOST_PHOTOS}, better one too many",
        )
    return files


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made", why=os.strerror(error.errno or 0), fix="name a folder that does not exist yet"
        ) from error


def _show(consent: Consent) -> None:
    out.print(consent.words(), markup=False, soft_wrap=True)
    out.print(f"Version of the text: {consent.text}", markup=False, soft_wrap=True)
    out.print(_DELETED, markup=False, soft_wrap=True)


def _tell(paths: Sequence[Path], looks: Sequence[PhotoLook]) -> None:
    for path, look in zip(paths, looks, strict=True):
        for advice in look.advice:
            err.print(f"{path.name}: {advice}.", markup=False, soft_wrap=True)


def _hand_over(welcome: Welcome, folder: Path) -> None:
    files = {"receipt.txt": welcome.receipt.note, "enrolment.pdf": welcome.paper}
    if welcome.pass_png is not None:
        files["pass.png"] = welcome.pass_png
    for name, data in files.items():
        write_new(folder / name, data)
    out.print(f"Enrolled under {welcome.receipt.body.subject}.", markup=False, soft_wrap=True)
    out.print(
        f"In {folder}: {', '.join(sorted(files))}. Hand them over, then delete the folder: whoever has them "
        "can withdraw for the person, or show the pass.",
        markup=False,
        soft_wrap=True,
    )


def _delete(paths: Sequence[Path]) -> None:
    """Delete the photos, and where a path is a link, what it leads to as well."""
    left = []
    for path in paths:
        try:
            target = path.resolve()
            path.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
        except OSError as error:
            left.append(f"{path} ({os.strerror(error.errno or 0)})")
    if left:
        err.print(f"These photos could not be deleted; delete them yourself: {', '.join(left)}", markup=False)
        raise typer.Exit(1)
    out.print("The photos are deleted.")
