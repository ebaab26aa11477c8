"""A progress bar for what takes minutes."""

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def shown(items: Iterable[Item], title: str, total: int | None) -> Iterable[Item]:
    """Yield `items` while a bar on standard error, gone afterwards, shows how far they are.

    Args:
        items: What takes long.
        title: What is being done.
        total: Number of items, None where unknown.
    """
    return track(items, title, total=total, console=Console(stderr=True), transient=True)
