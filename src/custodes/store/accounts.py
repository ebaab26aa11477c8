"""Accounts of people, and API tokens that belong to them."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, insert, select, update

from custodes.domain.persons import Role
from custodes.store import schema
from custodes.store.database import Database

_A = schema.accounts.c
_T = schema.tokens.c


@dataclass(frozen=True, slots=True)
class Account:
    """One person's way in.

    Attributes:
        name: 1-40 characters.
        digest: Of the password, at most 200 characters.
        role: What that person may do follows from it.
        created_ns: Wall time when it was made, nanoseconds since the Unix epoch.
        disabled: Whether it is closed for good.
    """

    name: str
    digest: str = field(repr=False)
    role: Role
    created_ns: int
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A secret with which a program acts for an account.

    Attributes:
        id: How people call it, 1-16 characters; no secret.
        account: Name of the account.
        digest: SHA-256 of the token, 64 hex digits.
        created_ns: Wall time when it was made, nanoseconds since the Unix epoch.
        expires_ns: Wall time from which on it is worth nothing.
        revoked: Whether it was taken back.
    """

    id: str
    account: str
    digest: str = field(repr=False)
    created_ns: int
    expires_ns: int
    revoked: bool = False


class Accounts:
    """Tables of accounts and tokens. Rows are never deleted: a name in a log stays one person.

    Args:
        database: A careful one, so that what was disabled or revoked stays so after a power cut.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def any(self) -> bool:
        """Return whether there is an account, be it a disabled one."""
        with self._database.read() as connection:
            return bool(connection.execute(select(exists(select(_A.name)))).scalar())

    def add(self, account: Account) -> bool:
        """Keep `account`; return False, and change nothing, where its name is taken."""
        with self._database.write() as connection:
            if connection.execute(select(_A.name).where(_A.name == account.name)).first():
                return False
            connection.execute(insert(schema.accounts).values(**_values(account)))
        return True

    def get(self, name: str) -> Account | None:
        """Return the account `name`, None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.accounts).where(_A.name == name)).first()
        return _account(row) if row else None

    def all(self) -> list[Account]:
        """Return every account in order of names, disabled ones too."""
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(select(schema.accounts).order_by(_A.name))]

    def set_digest(self, name: str, digest: str) -> bool:
        """Change the digest of a password; return False where no account has this name or it is disabled."""
        statement = update(schema.accounts).where(_A.name == name, ~_A.disabled).values(digest=digest)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def disable(self, name: str) -> bool:
        """Close an account for good and revoke its tokens, both or neither; return False where there is none."""
        with self._database.write() as connection:
            found = connection.execute(update(schema.accounts).where(_A.name == name).values(disabled=True)).rowcount
            connection.execute(update(schema.tokens).where(_T.account == name).values(revoked=True))
        return found == 1

    def add_token(self, token: Token) -> bool:
        """Keep `token`; return False, and change nothing, where its account does not exist or is disabled."""
        with self._database.write() as connection:
            if not connection.execute(select(_A.name).where(_A.name == token.account, ~_A.disabled)).first():
                return False
            connection.execute(insert(schema.tokens).values(**_values(token)))
        return True

    def token(self, digest: str) -> tuple[Token, Account] | None:
        """Return the token with this digest and its account, None where there is none; both may have ended."""
        query = select(schema.tokens, schema.accounts).join(schema.accounts, _A.name == _T.account)
        with self._database.read() as connection:
            row = connection.execute(query.where(_T.digest == digest)).first()
        if row is None:
            return None
        size = len(schema.tokens.columns)
        return Token(*row[:size]), _account(row[size:])

    def tokens(self) -> list[Token]:
        """Return every token in order of accounts and time, those that have ended too."""
        query = select(schema.tokens).order_by(_T.account, _T.created_ns, _T.id)
        with self._database.read() as connection:
            return [Token(*row) for row in connection.execute(query)]

    def revoke(self, token_id: str) -> bool:
        """Take a token back for good; return False where there is none with this id."""
        with self._database.write() as connection:
            statement = update(schema.tokens).where(_T.id == token_id).values(revoked=True)
            return connection.execute(statement).rowcount == 1


def _values(row: Account | Token) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _account(row: Any) -> Account:
    name, digest, role, created_ns, disabled = row
    return Account(name, digest, Role(role), created_ns, disabled)
