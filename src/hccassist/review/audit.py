"""The record: events chained by hash, so that a changed, removed or inserted row shows.

Each row's hash covers its own fields and the hash of the row before. What a chain inside the database cannot show is
that somebody rewrote all of it from some row on: keep the head (``AuditReport.head``) outside the database, in a mail
or a ticket, and compare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hccassist.review.tables import ChainHead, EventRow

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """A link that does not hold: at which event, and what is wrong in one sentence."""

    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How many events stand in the chain, its head, and every link that does not hold."""

    events: int
    head: str
    problems: tuple[AuditProblem, ...]

    @property
    def intact(self) -> bool:
        """Whether every link holds."""
        return not self.problems


def canonical(content: object) -> str:
    """JSON whose bytes depend on nothing but the values."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def link(previous_hash: str, fields: tuple[object, ...]) -> str:
    """The hash of one event: SHA-256 over the hash before it and its own fields."""
    return hashlib.sha256(canonical([previous_hash, *fields]).encode()).hexdigest()


def fields_of(row: EventRow) -> tuple[object, ...]:
    """The fields of an event that its hash covers: all of them."""
    return (
        row.seq, row.action_id, row.at, row.who, row.kind, row.chart_id, row.chart_sha256, row.suggestion_id,
        row.content,
    )  # fmt: skip


def verify(connection: Connection) -> AuditReport:
    """Walk the chain from its first event and report every link that does not hold."""
    head = connection.execute(select(ChainHead.seq, ChainHead.hash)).one()
    problems: list[AuditProblem] = []
    previous, expected, count = GENESIS, 1, 0
    for row in _rows(connection):
        if row.seq != expected:
            problems.append(AuditProblem(expected, f"Events {expected} to {row.seq - 1} are missing."))
        if row.previous_hash != previous:
            problems.append(AuditProblem(row.seq, "It does not follow the event before it."))
        if link(row.previous_hash, fields_of(row)) != row.hash:
            problems.append(AuditProblem(row.seq, "Its content was changed after it was recorded."))
        previous, expected, count = row.hash, row.seq + 1, count + 1
    if (head.seq, head.hash) != (expected - 1, previous):
        problems.append(AuditProblem(int(head.seq), "The end of the chain is not the last event that was recorded."))
    return AuditReport(count, previous, tuple(problems))


def _rows(connection: Connection) -> Iterator[EventRow]:
    columns = EventRow.__table__.columns
    result = connection.execution_options(yield_per=1000).execute(select(*columns).order_by(EventRow.seq))
    for row in result.mappings():
        yield EventRow(**row)
