"""Who may do what: one table, and the dependency with which every route names what it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fastapi import Depends, WebSocketException, status
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from custodes.api.persons import person_of
from custodes.domain.persons import Person, Role


class Permission(StrEnum):
    """What a route takes."""

    NOTHING = "nothing"
    """Open to everyone, without a login: says nothing about cameras or persons."""
    LOGIN = "login"
    """Open to every person: the pages themselves, and who one is."""
    HEALTH = "health"
    """How cameras and server are doing, with counts."""
    EVENTS = "events"
    """What happened: finding events."""
    IMAGERY = "imagery"
    """Redacted pictures: live, recorded, thumbnails."""
    EXPORT = "export"
    """Handing redacted recordings to recipients that a charter names."""
    ORIGINALS = "originals"
    """Asking for originals under seal; custodians decide, and no route returns one."""
    ENROLMENT = "enrolment"
    """Enrolling people, knowing who is enrolled, and withdrawing for them."""
    DECIDE = "decide"
    """Proposing and confirming what is to somebody's disadvantage."""


_AUDITOR: Final = frozenset({Permission.HEALTH})
_OPERATOR: Final = _AUDITOR | {
    Permission.EVENTS,
    Permission.IMAGERY,
    Permission.EXPORT,
    Permission.ORIGINALS,
    Permission.DECIDE,
}

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.AUDITOR: _AUDITOR,
    Role.OPERATOR: _OPERATOR,
    Role.REGISTRAR: frozenset({Permission.ENROLMENT}),
    Role.ADMIN: _OPERATOR | {Permission.ENROLMENT},
}
"""What each role may do beyond what every person may.

Accounts and configuration have no route: they are changed on the server's command line.
"""


def allowed(person: Person, permission: Permission) -> bool:
    """Return whether `person` may do what takes `permission`."""
    return permission in {Permission.NOTHING, Permission.LOGIN} or permission in GRANTS[person.role]


@dataclass(frozen=True, slots=True)
class Needs:
    """Dependency of a route: refuses whoever lacks a permission.

    Attributes:
        permission: Which one.
    """

    permission: Permission

    def __call__(self, connection: HTTPConnection) -> None:
        """Let the request pass.

        Raises:
            HTTPException: The person may not (403).
            WebSocketException: The same for a WebSocket, which is then not opened.
        """
        if self.permission is Permission.NOTHING or allowed(person_of(connection), self.permission):
            return
        detail = f"Your role, {person_of(connection).role}, does not include {self.permission}"
        if connection.scope["type"] == "websocket":
            raise WebSocketException(status.WS_1008_POLICY_VIOLATION, detail)
        raise HTTPException(403, detail)


def needs(permission: Permission) -> Any:
    """Return the dependency for the decorator of a route that takes `permission`."""
    return Depends(Needs(permission))
