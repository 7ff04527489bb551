"""The record: rows chained by hash, so that a changed, removed or inserted one shows.

Two chains are kept so: what was decided on charts (``events``), and what is in force where no chart is meant: roles, policies,
rankers (``versions``). Each row's hash covers its own fields and the hash of the row before; the end of each chain is kept
beside it. What a chain inside the database cannot show is that somebody rewrote all of it from some row on: keep the head
(``AuditReport.head``) outside the database, in a mail or a ticket, and compare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, select

from hccassist.review.tables import ChainHead, EventRow

GENESIS = "0" * 64
EVENTS, VERSIONS = 1, 2
"""The chains, by the row of ``chain_head`` that holds the end of each."""


class Link(NamedTuple):
    """A row of a chain: ``fields`` is all that its hash covers beside the hash before it."""

    seq: int
    previous_hash: str
    hash: str
    fields: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """A link that does not hold: at which row, and what is wrong in one sentence."""

    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How many rows stand in the chain, its head, and every link that does not hold."""

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
    """The hash of one row: SHA-256 over the hash before it and its own fields."""
    return hashlib.sha256(canonical([previous_hash, *fields]).encode()).hexdigest()


def fields_of(row: EventRow) -> tuple[object, ...]:
    """The fields of an event that its hash covers: all of them."""
    return (
        row.seq, row.action_id, row.at, row.who, row.kind, row.chart_id, row.chart_sha256, row.suggestion_id,
        row.content,
    )  # fmt: skip


def verify(connection: Connection) -> AuditReport:
    """Whether the chain of events holds."""
    return walk(connection, EVENTS, _events(connection))


def walk(connection: Connection, chain: int, links: Iterable[Link]) -> AuditReport:
    """Walk a chain from its first row to the end that is kept of it, and report every link that does not hold."""
    head = connection.execute(select(ChainHead.seq, ChainHead.hash).where(ChainHead.id == chain)).one()
    problems: list[AuditProblem] = []
    previous, expected, count = GENESIS, 1, 0
    for row in links:
        if row.seq != expected:
            problems.append(AuditProblem(expected, f"Rows {expected} to {row.seq - 1} are missing."))
        if row.previous_hash != previous:
            problems.append(AuditProblem(row.seq, "It does not follow the row before it."))
        if link(row.previous_hash, row.fields) != row.hash:
            problems.append(AuditProblem(row.seq, "Its content was changed after it was recorded."))
        previous, expected, count = row.hash, row.seq + 1, count + 1
    if (head.seq, head.hash) != (expected - 1, previous):
        problems.append(AuditProblem(int(head.seq), "The end of the chain is not the last row that was recorded."))
    return AuditReport(count, previous, tuple(problems))


def _events(connection: Connection) -> Iterator[Link]:
    columns = EventRow.__table__.columns
    result = connection.execution_options(yield_per=1000).execute(select(*columns).order_by(EventRow.seq))
    for row in result.mappings():
        event = EventRow(**row)
        yield Link(event.seq, event.previous_hash, event.hash, fields_of(event))
