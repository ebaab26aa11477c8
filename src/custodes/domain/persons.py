"""Who uses a server: a name, how it is known, and what its role is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is there for. Custodians are no role: they have keys of their own, and need no account."""

    OPERATOR = "operator"
    """Sees and searches what charters allow."""
    AUDITOR = "auditor"
    """Sees how cameras are doing and what they may do; no imagery, no events."""
    REGISTRAR = "registrar"
    """Enrols people who want to be recognised, and withdraws for them; sees nothing of any camera."""
    ADMIN = "admin"
    """What an operator and a registrar do, and answers for accounts and configuration."""


class PersonKind(StrEnum):
    """How a server knows who asks."""

    ACCOUNT = "account"
    """By name and password, or by the session that these opened."""
    TOKEN = "token"  # noqa: S105  a word, not a secret
    """By an API token, which belongs to an account."""
    LOCAL = "local"
    """Not at all: whoever uses this machine, on a server on loopback that has no account."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks.

    Attributes:
        name: Of the account; `local` where there is none.
        kind: How the server knows.
        role: What that person may do follows from it.
        token: Id of the API token that was used, empty where none was.
    """

    name: str
    kind: PersonKind
    role: Role
    token: str = ""


LOCAL: Final = Person("local", PersonKind.LOCAL, Role.ADMIN)
"""Whoever uses this machine, while there are no accounts."""
