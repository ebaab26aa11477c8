"""`custodes register`: the public register of cameras, and the signs beside them."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.app.register_facts import gather
from custodes.app.settings import load_settings
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock, utc_day
from custodes.register import Standing, build_register, languages, sign_pdf, words

app = typer.Typer(
    no_args_is_help=True,
    help="Make the public register of cameras and the signs beside them, out of configuration and charters.\n\n"
    "Every camera is in it: those without a charter that holds are listed as switched off, with the reason.",
)

On = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day (UTC) to make it for; today if not given.")
]
_TAGS = ", ".join(languages())
Language = Annotated[str, typer.Option(help=f"Language of the draft: {_TAGS}.")]
Languages = Annotated[
    list[str] | None,
    typer.Option("--language", help=f"Language of the sign, English if not given; twice for two: {_TAGS}."),
]


@app.command()
def build(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the site; an older one in it is replaced.")],
    data: Annotated[Path | None, typer.Option(help="Data folder instead of the configured one.")] = None,
    on: On = None,
    config: Config = CONFIG,
) -> None:
    """Write the register as a site of plain files, in all languages, for any web server or none.

    Figures come from the database and the published log in the data folder, where there are any. The pages load nothing
    from anywhere else. The same input makes the same files, byte for byte.
    """
    settings = load_settings(config)
    if data is not None:
        settings = settings.model_copy(update={"data": data})
    facts = gather(settings, day_of(on))
    build_register(facts, out_folder)
    out.print(f"{len(facts.cameras)} cameras are in {out_folder / 'index.html'}.", markup=False, soft_wrap=True)
    for camera in facts.cameras:
        standing, reason = camera.standing(facts.day)
        if standing is not Standing.CHARTERED:
            out.print(f"Dark: {camera.id}: {reason}", markup=False, soft_wrap=True)


def day_of(on: datetime | None) -> date:
    """Return the day that an option names, today (UTC) where it names none."""
    return on.date() if on else utc_day(SystemClock().utc_ns())


@app.command()
def signs(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the signs, `ID.pdf` each.")],
    base_url: Annotated[
        str,
        typer.Option(help="Address of the published register instead of the configured one; without any, no QR code."),
    ] = "",
    language: Languages = None,
    on: On = None,
    config: Config = CONFIG,
) -> None:
    """Write a printable sign (PDF, A4) for each camera whose charter holds.

    The first layer of what people have to be told (GDPR Art. 13): who, what for, by which right, for how long, their
    rights, and where to find more, as a QR code of the camera's page in the register.
    """
    settings = load_settings(config)
    facts = gather(settings, day_of(on))
    chosen = [words(tag) for tag in language or ["en"]]
    for camera in facts.cameras:
        standing, reason = camera.standing(facts.day)
        if standing is Standing.CHARTERED:
            write(out_folder / f"{camera.id}.pdf", sign_pdf(camera, chosen, base_url or settings.site.url))
        else:
            out.print(f"No sign for {camera.id}: {reason}", markup=False, soft_wrap=True)


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path`, over what is there, and say so.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written", why=error.strerror or type(error).__name__, fix="give another --out"
        ) from error
    out.print(f"Written: {path}", markup=False, soft_wrap=True)
