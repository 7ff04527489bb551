"""The tables of the review store: portable SQLAlchemy, the same on SQLite and PostgreSQL.

``events`` is the record: append-only and hash-chained, everything a person decided. ``decisions`` is what those events
amount to now, kept so that a worklist of thousands of charts needs one query; it can always be rebuilt from the events.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BIG_KEY = BigInteger().with_variant(Integer, "sqlite")
Json = dict[str, object]


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can name it too."""

    metadata = MetaData(naming_convention=CONVENTION)
    type_annotation_map = {Json: JSON, list[str]: JSON, list[Json]: JSON}  # noqa: RUF012 - SQLAlchemy reads it once, at class creation


class ResultsFolder(Base):
    """A results folder that was imported, with what its file looked like then: an unchanged file is not read again."""

    __tablename__ = "results_folders"

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    roots: Mapped[list[str]]
    skipped: Mapped[int] = mapped_column(Integer)


class ChartRow(Base):
    """One screened file. ``chart`` and ``sha256`` name it: a changed file is another chart, with decisions of its own.

    ``offset`` and ``length`` say where its line stands in the folder's suggestions.jsonl; ``present`` is false once the
    folder no longer lists it."""

    __tablename__ = "charts"
    __table_args__ = (UniqueConstraint("chart", "sha256", name="uq_charts_chart_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    chart: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    folder_id: Mapped[int] = mapped_column(ForeignKey("results_folders.id"), index=True)
    offset: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    line_hash: Mapped[str] = mapped_column(String(64))
    present: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[str] = mapped_column(String(8))
    error_type: Mapped[str | None] = mapped_column(Text)
    error_message: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[Json]


class StatedRow(Base):
    """The conditions that a chart states, as JSON (``stated.Stated``): what documentation patterns are made from."""

    __tablename__ = "stated"

    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True, autoincrement=False)
    conditions: Mapped[list[Json]]


class EventRow(Base):
    """One thing a person did. Rows are only ever added (a trigger refuses anything else); ``hash`` covers the whole row
    and the row before it. ``content`` is canonical JSON, kept as text so that its bytes never change."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_chart_suggestion", "chart_id", "suggestion_id"),)

    seq: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=False)
    action_id: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"))
    chart_sha256: Mapped[str] = mapped_column(String(64))
    suggestion_id: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ChainHead(Base):
    """The last link of a chain (``audit.EVENTS``, ``audit.VERSIONS``). Writers update it first, so that rows come one after
    the other."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class DecisionRow(Base):
    """What the events about one suggestion amount to: see ``decisions.fold``."""

    __tablename__ = "decisions"

    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True)
    suggestion_id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    who: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int] = mapped_column(BigInteger)


class BookmarkRow(Base):
    """Where a person stopped in a chart, and that they have it open."""

    __tablename__ = "bookmarks"

    who: Mapped[str] = mapped_column(String(200), primary_key=True)
    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True)
    suggestion_id: Mapped[str | None] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))


class NoteRow(Base):
    """A person's own notes on a chart: working memory, never part of the record or of an export."""

    __tablename__ = "notes"

    who: Mapped[str] = mapped_column(String(200), primary_key=True)
    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))


class DraftRow(Base):
    """What somebody is typing and has not kept for good: the rationale for a suggestion (``name`` is its key, ``visit`` the
    date and pages of its visit), a question to a provider, an answer, a lesson. ``sample_id`` is the sample of a second
    reading, 0 elsewhere."""

    __tablename__ = "drafts"

    who: Mapped[str] = mapped_column(String(200), primary_key=True)
    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True)
    sample_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    visit: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[str] = mapped_column(String(32))


class GuidanceRow(Base):
    """The answer to an escalated case, kept as guidance for the next time its condition comes up. ``event_seq`` is the
    escalation that it answers."""

    __tablename__ = "guidance"

    event_seq: Mapped[int] = mapped_column(BIG_KEY, ForeignKey("events.seq"), primary_key=True, autoincrement=False)
    condition: Mapped[str] = mapped_column(Text, index=True)
    icd10: Mapped[str | None] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))


class SettingRow(Base):
    """A setting of this installation, such as the name that was last typed."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class PersonRow(Base):
    """Somebody who may sign in. ``email`` is what the identity provider vouches for, in lower case, and what the record
    keeps; who is not here, or not ``active``, sees nothing."""

    __tablename__ = "people"

    email: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(Boolean)
    changed_by: Mapped[str] = mapped_column(String(200))
    at: Mapped[str] = mapped_column(String(32))


class HoldRow(Base):
    """Who is deciding on a chart. ``since`` is when they opened or took it over, ``at`` their last sign of life."""

    __tablename__ = "holds"

    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True, autoincrement=False)
    who: Mapped[str] = mapped_column(String(200))
    since: Mapped[str] = mapped_column(String(32))
    at: Mapped[str] = mapped_column(String(32))


class AssignmentRow(Base):
    """Whose work a chart is."""

    __tablename__ = "assignments"

    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), primary_key=True, autoincrement=False)
    who: Mapped[str] = mapped_column(String(200), index=True)
    assigned_by: Mapped[str] = mapped_column(String(200))
    at: Mapped[str] = mapped_column(String(32))


class SampleRow(Base):
    """A sample of decisions for second review: how it was drawn, by whom, and with which seed it can be drawn again."""

    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(200))
    method: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    seed: Mapped[int] = mapped_column(BigInteger)


class SampledRow(Base):
    """A decision in a sample: the event that made it, and the suggestion it is about."""

    __tablename__ = "sampled"

    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"), primary_key=True)
    event_seq: Mapped[int] = mapped_column(BIG_KEY, ForeignKey("events.seq"), primary_key=True, autoincrement=False)
    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"), index=True)
    suggestion_id: Mapped[str] = mapped_column(Text)


class LessonRow(Base):
    """What a disagreement taught: ``event_seq`` is the first decision. ``outcome`` says which of the two stands."""

    __tablename__ = "lessons"

    event_seq: Mapped[int] = mapped_column(BIG_KEY, ForeignKey("events.seq"), primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(32))
    why: Mapped[str] = mapped_column(Text)
    example: Mapped[str] = mapped_column(Text)
    guideline: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(200))
    at: Mapped[str] = mapped_column(String(32))
    reply: Mapped[str] = mapped_column(Text)


class ProviderQueryRow(Base):
    """A question to a provider, as a coder worded it; ``status`` is draft, sent or answered."""

    __tablename__ = "provider_queries"
    __table_args__ = (UniqueConstraint("chart_id", "suggestion_id", name="uq_provider_queries_chart_suggestion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    chart_id: Mapped[int] = mapped_column(ForeignKey("charts.id"))
    suggestion_id: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(200))
    at: Mapped[str] = mapped_column(String(32))


class VersionRow(Base):
    """A policy or a ranker that was saved (``content`` holds its file), the word that a saved one is in force from now on
    (``content`` is empty), or a role (``version``) given to somebody (``content``). Rows are only ever added, and chained as
    events are."""

    __tablename__ = "versions"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
