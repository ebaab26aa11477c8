"""The option by which commands are told which server they are about.

`custodes run` and `custodes doctor` are about the configuration itself, and take it as what it is they run or check.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

Config = Annotated[Path, typer.Option(help="Configuration of the server, TOML.")]
CONFIG: Final = Path("custodes.toml")
"""Where nothing else is said."""
