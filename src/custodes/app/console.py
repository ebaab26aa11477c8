"""Speaking to people on a terminal."""

from rich.console import Console

from custodes.domain.errors import CustodesError

out = Console(highlight=False)
"""For results."""

err = Console(stderr=True, highlight=False)
"""For progress and complaints."""


def complain(error: CustodesError, subject: str = "") -> None:
    """Print `error` as one line, after the name of what it is about."""
    err.print(f"{subject}: " if subject else "custodes: ", style="bold red", end="", soft_wrap=True, markup=False)
    err.print(error.diagnostics(), markup=False, soft_wrap=True)
