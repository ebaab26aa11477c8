"""`custodes dpia`: drafts of impact assessments."""

from pathlib import Path
from typing import Annotated

import typer

from custodes.app.commands.config import CONFIG, Config
from custodes.app.commands.register import Language, On, day_of, write
from custodes.app.console import out
from custodes.app.register_facts import gather
from custodes.app.settings import load_settings
from custodes.domain.errors import ConfigError
from custodes.register import document_pdf, markdown, words
from custodes.register import dpia as draft_of


def dpia(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for `dpia-ID.md` and `dpia-ID.pdf`.")],
    camera: Annotated[str, typer.Option(help="Only this camera; each one with a charter if not given.")] = "",
    language: Language = "en",
    on: On = None,
    config: Config = CONFIG,
) -> None:
    """Draft the data-protection impact assessment (GDPR Art. 35, Serbia's ZZPL Art. 54) of each camera.

    Facts come from charter, configuration and what has been measured; what only people can write is marked. The head
    names the configuration assessed: once approved, the charter names it too, and a camera configured in another way
    stays dark.
    """
    facts = gather(load_settings(config), day_of(on))
    wanted = [one for one in facts.cameras if (one.id == camera if camera else one.charter and one.settings)]
    if not wanted:
        raise ConfigError(
            f"there is no camera {camera}" if camera else "no camera has both a charter and a configuration",
            fix="`custodes charter new` writes a charter",
        )
    for one in wanted:
        document = draft_of(one, facts, words(language))
        write(out_folder / f"dpia-{one.id}.md", markdown(document).encode("utf-8"))
        write(out_folder / f"dpia-{one.id}.pdf", document_pdf(document))
        out.print(f"Configuration assessed: {one.configuration}", markup=False, soft_wrap=True)
