"""Accounts of people, and API tokens that belong to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, select, update

from custodes.domain.persons import Role
from custodes.store import schema
from custodes.store.database import Database
from custodes.store.private import PrivateTexts
from custodes.store.schema import LONGEST_ACCOUNT

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
    """Tables of accounts and tokens. Rows are never deleted: a name in a log stays one person's.

    Names are encrypted; a mark stands for each where it has to be found.

    Args:
        database: A careful one, so that what was disabled or revoked stays so after a power cut.
        texts: Encrypts names.
    """

    def __init__(self, database: Database, texts: PrivateTexts) -> None:
        self._database = database
        self._texts = texts

    def any(self) -> bool:
        """Return whether there is an account, be it a disabled one."""
        with self._database.read() as connection:
            return bool(connection.execute(select(exists(select(_A.mark)))).scalar())

    def add(self, account: Account) -> bool:
        """Keep `account`; return False, and change nothing, where its name is taken."""
        mark = self._mark(account.name)
        name = self._texts.seal(account.name, "accounts", "name", mark, longest=LONGEST_ACCOUNT)
        row = {**_values(account), "mark": mark, "name": name}
        with self._database.write() as connection:
            if connection.execute(select(_A.mark).where(_A.mark == mark)).first():
                return False
            connection.execute(insert(schema.accounts).values(**row))
        return True

    def get(self, name: str) -> Account | None:
        """Return the account `name`, None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.accounts).where(_A.mark == self._mark(name))).first()
        return self._account(row) if row else None

    def all(self) -> list[Account]:
        """Return every account in order of names, disabled ones too."""
        with self._database.read() as connection:
            found = [self._account(row) for row in connection.execute(select(schema.accounts))]
        return sorted(found, key=lambda account: account.name)

    def set_digest(self, name: str, digest: str) -> bool:
        """Change the digest of a password; return False where no account has this name or it is disabled."""
        statement = update(schema.accounts).where(_A.mark == self._mark(name), ~_A.disabled).values(digest=digest)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def disable(self, name: str) -> bool:
        """Close an account for good and revoke its tokens, both or neither; return False where there is none."""
        mark = self._mark(name)
        with self._database.write() as connection:
            found = connection.execute(update(schema.accounts).where(_A.mark == mark).values(disabled=True)).rowcount
            connection.execute(update(schema.tokens).where(_T.account == mark).values(revoked=True))
        return found == 1

    def add_token(self, token: Token) -> bool:
        """Keep `token`; return False, and change nothing, where its account does not exist or is disabled."""
        mark = self._mark(token.account)
        with self._database.write() as connection:
            if not connection.execute(select(_A.mark).where(_A.mark == mark, ~_A.disabled)).first():
                return False
            connection.execute(insert(schema.tokens).values(**{**_values(token), "account": mark}))
        return True

    def token(self, digest: str) -> tuple[Token, Account] | None:
        """Return the token with this digest and its account, None where there is none; both may have ended."""
        found = self._tokens(_T.digest == digest)
        return found[0] if found else None

    def tokens(self) -> list[Token]:
        """Return every token in order of accounts and time, those that have ended too."""
        found = [token for token, _ in self._tokens()]
        return sorted(found, key=lambda token: (token.account, token.created_ns, token.id))

    def revoke(self, token_id: str) -> bool:
        """Take a token back for good; return False where there is none with this id."""
        with self._database.write() as connection:
            statement = update(schema.tokens).where(_T.id == token_id).values(revoked=True)
            return connection.execute(statement).rowcount == 1

    def close_unreadable(self) -> int:
        """Close the accounts whose names the key does not open, and name them anew; return how many.

        They are not deleted: where there was an account, a login stays compulsory.
        """
        with self._database.write() as connection:
            rows = connection.execute(select(_A.mark, _A.name)).all()
            lost = [mark for mark, name in rows if not self._texts.opens(name, "accounts", "name", mark)]
            for old in lost:
                name = f"lost-{old[:12]}"
                mark = self._mark(name)
                values = {"mark": mark, "name": self._texts.seal(name, "accounts", "name", mark), "disabled": True}
                connection.execute(update(schema.accounts).where(_A.mark == old).values(**values))
                tokens = update(schema.tokens).where(_T.account == old)
                connection.execute(tokens.values(account=mark, revoked=True))
        return len(lost)

    def _tokens(self, *wanted: ColumnElement[bool]) -> list[tuple[Token, Account]]:
        query = select(schema.tokens, schema.accounts).join(schema.accounts, _A.mark == _T.account).where(*wanted)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        size = len(schema.tokens.columns)
        pairs = [(Token(*row[:size]), self._account(row[size:])) for row in rows]
        return [(replace(token, account=account.name), account) for token, account in pairs]

    def _mark(self, name: str) -> str:
        return self._texts.mark(name, "account")

    def _account(self, row: Sequence[Any]) -> Account:
        mark, name, digest, role, created_ns, disabled = row
        return Account(self._texts.open(name, "accounts", "name", mark), digest, Role(role), created_ns, disabled)


def _values(row: Account | Token) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}
