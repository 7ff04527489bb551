"""Who may do what. One person on one machine may do all of it; a team signs in, and an admin gives each a role.

What a role may do is asked here, on the server, by every page and every action: hiding a button protects nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import select

from hccassist.review.database import Database, put
from hccassist.review.decisions import DecisionError
from hccassist.review.tables import PersonRow
from hccassist.review.versions import append

Role = Literal["coder", "lead", "admin"]
Right = Literal["review", "learn", "lead", "export", "audit", "people"]
ROLES: tuple[Role, ...] = get_args(Role)
ADMINS_ENV = "HCCASSIST_ADMINS"
"""Addresses, separated by commas, that are admins whatever the table says: how the first admin gets in."""

NO_ROLE = "none"
"""What the record says of somebody who may not sign in any more."""

_CODER: frozenset[Right] = frozenset({"review", "learn"})
_LEAD: frozenset[Right] = _CODER.union({"lead", "export", "audit"})
RIGHTS: dict[Role, frozenset[Right]] = {"coder": _CODER, "lead": _LEAD, "admin": frozenset(get_args(Right))}
_NEEDED: dict[Right, str] = {
    "review": "review charts", "learn": "see what reviews taught", "lead": "do a lead's work", "export": "export",
    "audit": "read the record", "people": "change who may do what",
}  # fmt: skip


class NotAllowed(DecisionError):
    """Somebody asked for what their role does not give them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at work. ``name`` is what the record keeps of them: their address in a team, the typed name alone."""

    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the role gives the right."""
        return right in RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Raise NotAllowed where the role does not give the right."""
        if not self.may(right):
            raise NotAllowed(f"A {self.role} may not {_NEEDED[right]}: ask an admin for the role that may.")


@dataclass(frozen=True, slots=True)
class Member:
    """A line of the list of people."""

    email: str
    role: Role
    active: bool
    fixed: bool


class People:
    """The list of people of a team."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def signed_in(self, email: str, verified: bool) -> Person | None:
        """The person behind an address that the identity provider vouches for; None for a stranger. ``verified`` is
        the provider's own word on whether the address is theirs."""
        email = _normal(email)
        if not verified or not email:
            return None
        if email in _fixed_admins():
            return Person(email, "admin")
        with self._database.read() as db:
            row = db.execute(select(PersonRow.__table__).where(PersonRow.email == email)).first()
        return Person(email, row.role) if row and row.active and row.role in ROLES else None

    def all(self) -> list[Member]:
        """Everybody, in the order of their addresses."""
        with self._database.read() as db:
            rows: list[Any] = list(db.execute(select(PersonRow.__table__)))
        fixed = _fixed_admins()
        found = {r.email: Member(r.email, r.role, r.active, False) for r in rows}
        found |= {email: Member(email, "admin", True, True) for email in fixed}
        return sorted(found.values(), key=lambda m: m.email)

    def put(self, admin: Person, email: str, role: Role, active: bool = True) -> None:
        """Give somebody a role, change it or take it away (not ``active``), and record that. Raises NotAllowed for all but
        admins, DecisionError for a strange address."""
        admin.require("people")
        email = _normal(email)
        if "@" not in email or len(email) > 200 or role not in ROLES:
            raise DecisionError("Give the address that they sign in with, and a role.")
        now = self._database.now()
        values = {"role": role, "active": active, "changed_by": admin.name, "at": now}
        with self._database.write() as db:
            append(db, now, admin.name, "role", "grant", role if active else NO_ROLE, "", email)
            put(db, PersonRow, {"email": email}, values)


def _normal(email: str) -> str:
    return email.strip().lower()


def _fixed_admins() -> frozenset[str]:
    return frozenset(filter(None, map(_normal, os.environ.get(ADMINS_ENV, "").split(","))))
