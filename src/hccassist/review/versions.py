"""Which policy and which ranker a team works with, and who may do what: the record of every change.

Nothing is overwritten. Going back to an earlier version is a row of its own, with a name and a reason, like every other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from hccassist.review.audit import VERSIONS, AuditReport, Link, link, walk
from hccassist.review.database import Database
from hccassist.review.decisions import DecisionError
from hccassist.review.tables import ChainHead, VersionRow

Kind = Literal["policy", "ranker"]
EntryKind = Literal["policy", "ranker", "role"]
Change = Literal["save", "use", "grant"]
_COVERED = ("seq", "at", "who", "kind", "action", "version", "reason", "content")
"""The fields that a row's hash covers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the record: a version ``save``d (with its file's ``content``), or put in ``use``; or, of the kind "role",
    the role that is ``grant``ed from then on (``version``) and to whom (``content``)."""

    seq: int
    at: str
    who: str
    kind: EntryKind
    action: Change
    version: str
    reason: str
    content: str


class Versions:
    """The versions of a team's policies and rankers, and the record of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self) -> list[Entry]:
        """Every change, oldest first."""
        with self._database.read() as db:
            return [_entry(row) for row in db.execute(select(VersionRow.__table__).order_by(VersionRow.seq))]

    def saved(self, kind: Kind) -> dict[str, str]:
        """The content of every saved version, oldest first."""
        return {e.version: e.content for e in self.record() if e.kind == kind and e.action == "save"}

    def in_force(self, kind: Kind) -> tuple[str, str] | None:
        """The version in use and its content; None where the team uses what is shipped."""
        used = [e.version for e in self.record() if e.kind == kind and e.action == "use"]
        return (used[-1], self.saved(kind)[used[-1]]) if used else None

    def save(self, kind: Kind, version: str, content: str, who: str, reason: str) -> None:
        """Keep a version. Raises DecisionError without a name or a reason, or where the version exists with other content;
        the same content again changes nothing."""
        _check(who, reason)
        with self._database.write() as db:
            known = {row.version: row.content for row in _rows(db) if row.kind == kind and row.action == "save"}
            if version in known:
                if known[version] == content:
                    return
                raise DecisionError(f"Version {version} exists and is something else: give this one another version.")
            append(db, self._database.now(), who, kind, "save", version, reason, content)

    def use(self, kind: Kind, version: str, who: str, reason: str) -> None:
        """Put a saved version in force, an earlier one too. Raises DecisionError for an unknown one."""
        _check(who, reason)
        with self._database.write() as db:
            known = [row.version for row in _rows(db) if row.kind == kind and row.action == "save"]
            if version not in known:
                raise DecisionError(f"There is no saved {kind} {version}; saved are: {', '.join(known) or 'none'}.")
            append(db, self._database.now(), who, kind, "use", version, reason)

    def verify(self) -> AuditReport:
        """Whether every row is as it was recorded, follows the one before it, and none is missing at the end."""
        with self._database.read() as db:
            links = [Link(row.seq, row.previous_hash, row.hash, _fields(row)) for row in _rows(db)]
            return walk(db, VERSIONS, links)


def append(
    db: Connection, at: str, who: str, kind: EntryKind, action: Change, version: str, reason: str, content: str = ""
) -> None:
    """Add a row to the record, within the transaction of the change that it tells of."""
    # The head is written first: that puts writers in a row.
    db.execute(update(ChainHead).where(ChainHead.id == VERSIONS).values(seq=ChainHead.seq + 1))
    head = db.execute(select(ChainHead.seq, ChainHead.hash).where(ChainHead.id == VERSIONS)).one()
    row = VersionRow(
        seq=head.seq, at=at, who=who.strip(), kind=kind, action=action, version=version, reason=reason.strip(), content=content
    )
    chained = {"previous_hash": head.hash, "hash": link(head.hash, _fields(row))}
    db.execute(insert(VersionRow).values(**dict(zip(_COVERED, _fields(row), strict=True)), **chained))
    db.execute(update(ChainHead).where(ChainHead.id == VERSIONS).values(hash=chained["hash"]))


def _check(who: str, reason: str) -> None:
    if not who.strip():
        raise DecisionError("Say who you are first: the record needs a name.")
    if not reason.strip():
        raise DecisionError("Give the reason: the record needs it.")


def _rows(db: Connection) -> list[Any]:
    return list(db.execute(select(VersionRow.__table__).order_by(VersionRow.seq)))


def _fields(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _COVERED)


def _entry(row: Any) -> Entry:
    return Entry(*_fields(row))
