"""The database behind the store: opened, made durable, and brought to the newest schema.

SQLite (WAL) in a file by default, PostgreSQL by URL, one code for both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite

from hccassist.review.tables import Base

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7142025  # any number, the same for every process


def default_url() -> str:
    """HCCASSIST_DB (a path or a URL), else a file in the user's data folder."""
    return os.environ.get("HCCASSIST_DB") or str(Path.home() / ".local/share/hccassist/review.db")


class Database:
    """Transactions on the review database, and the clock that stamps what is written."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock

    def now(self) -> str:
        """This moment in UTC, ISO 8601 with milliseconds: such stamps sort as text."""
        return stamp(self.clock())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: on the disk when the block ends, undone where it raises."""
        with self.engine.execution_options(write=True).begin() as connection:
            yield connection


def put(
    db: Connection,
    table: type[Base],
    key: Mapping[str, object],
    values: Mapping[str, object],
    once: Mapping[str, object] | None = None,
) -> None:
    """The row of a key: its ``values`` changed where it is there, else made of them and of what only a new row is given
    (``once``). One statement, so that of two who write the same row at once none fails for the other."""
    dialect: Any = sqlite if db.dialect.name == "sqlite" else postgresql
    row = dialect.insert(table).values({**key, **values, **(once or {})})
    db.execute(row.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def stamp(moment: datetime) -> str:
    """A moment as the tables keep it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def open_database(url: str | None = None) -> Engine:
    """Open (and where needed create or migrate) the database at a path or an SQLAlchemy URL."""
    address = url or default_url()
    if "://" not in address:
        path = Path(address).expanduser().absolute()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        address = f"sqlite:///{path}"
    parsed = make_url(address)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, pool_pre_ping=True)  # a connection that a restart of the database cut is made anew
    if parsed.get_backend_name() == "sqlite":
        _durable_sqlite(engine)
    _migrate(engine)
    return engine


def _durable_sqlite(engine: Engine) -> None:
    """WAL with synchronous=FULL: a committed decision survives a killed process and a power cut. Writers take their
    lock at BEGIN, so that none fails half way for another writer that got ahead."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.execution_options(write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")  # two first starts at once
        if MigrationContext.configure(connection).get_current_revision() != _newest(config):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _newest(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()
