"""`custodes ropa`: a draft of the record of processing activities."""

from pathlib import Path
from typing import Annotated

import typer

from custodes.app.commands.config import CONFIG, Config
from custodes.app.commands.register import Language, On, day_of, write
from custodes.app.register_facts import gather
from custodes.app.settings import load_settings
from custodes.register import document_pdf, markdown, words
from custodes.register import ropa as draft_of


def ropa(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for `ropa.md` and `ropa.pdf`.")],
    language: Language = "en",
    on: On = None,
    config: Config = CONFIG,
) -> None:
    """Draft the record of processing activities (GDPR Art. 30, Serbia's ZZPL Art. 47) of all cameras.

    An activity for each charter; what only people can write is marked.
    """
    facts = gather(load_settings(config), day_of(on))
    document = draft_of(facts, words(language))
    write(out_folder / "ropa.md", markdown(document).encode("utf-8"))
    write(out_folder / "ropa.pdf", document_pdf(document))
