"""The results as tables for analysts: Parquet (charts, encounters, suggestions, evidence), and a summary for a spreadsheet.

Keys: ``chart`` (the name in the results) with ``sha256``; ``encounter`` and ``suggestion`` are ids within a chart. Dates
are ISO 8601 text, boxes stay in suggestions.jsonl. ``evidence`` holds mentions too (``role``).

The lines are read and turned into columns by Arrow, many at a time: a row at a time took a tenth of a run, while its workers
had nothing left to do.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import json as arrow_json
from pydantic_core import to_json

from hccassist.cells import guarded
from hccassist.priority import PAYING, PriorityRules, Rated, counted, priority_of
from hccassist.schema import unread_because

T = TypeVar("T")
TABLES = ("charts", "encounters", "suggestions", "evidence")
SUMMARY = "summary.csv"
_ROWS = 20_000
_BYTES = 8_000_000
"""Lines that are read at a time."""
_KEY = [("chart", pa.string()), ("sha256", pa.string())]
SCHEMAS: dict[str, pa.Schema] = {
    "charts": pa.schema([
        *_KEY, ("status", pa.string()), ("error", pa.string()), ("message", pa.string()), ("duplicate_of", pa.string()),
        ("pages", pa.int32()), ("unread_pages", pa.int32()), ("unread_why", pa.string()), ("ocr_pages", pa.int32()),
        ("encounters", pa.int32()), ("invalid_encounters", pa.int32()), ("supported", pa.int32()),
        ("mention_only", pa.int32()), ("suspects", pa.int32()), ("held_back", pa.int32()), ("high_risk", pa.int32()),
        ("paying", pa.int32()), ("priority", pa.float64()), ("priority_why", pa.string()), ("hccassist", pa.string()),
        ("ranker", pa.string()), ("linker", pa.string()), ("policy", pa.string()), ("content", pa.string()),
    ]),
    "encounters": pa.schema([
        *_KEY, ("encounter", pa.string()), ("first_page", pa.int32()), ("last_page", pa.int32()), ("start", pa.string()),
        ("end", pa.string()), ("date_of_service", pa.string()), ("provider", pa.string()), ("credential", pa.string()),
        ("specialty", pa.string()), ("setting", pa.string()), ("signed", pa.bool_()), ("valid", pa.string()),
        ("problems", pa.list_(pa.string())),
    ]),
    "suggestions": pa.schema([
        *_KEY, ("suggestion", pa.string()), ("encounter", pa.string()), ("condition", pa.string()), ("icd10", pa.string()),
        ("description", pa.string()), ("hcc_v28", pa.string()), ("hcc_v24", pa.string()), ("rxhcc", pa.string()),
        ("status", pa.string()), ("tier", pa.string()), ("reason", pa.string()), ("confidence", pa.float64()),
        ("high_risk", pa.string()), ("letters", pa.string()), ("alternatives", pa.list_(pa.string())),
    ]),
    "evidence": pa.schema([
        *_KEY, ("suggestion", pa.string()), ("role", pa.string()), ("element", pa.string()), ("kind", pa.string()),
        ("page", pa.int32()), ("start", pa.int64()), ("end", pa.int64()), ("text", pa.string()), ("strength", pa.float64()),
        ("why", pa.string()),
    ]),
}  # fmt: skip
_SUMMARY_COLUMNS = (
    "chart", "priority", "priority_why", "status", "error", "message", "duplicate_of", "pages", "unread_pages", "unread_why",
    "encounters", "supported", "mention_only", "suspects", "held_back", "high_risk",
)  # fmt: skip


def _list_of(fields: list[tuple[str, pa.DataType]]) -> pa.DataType:
    return pa.list_(pa.struct(fields))


def _of_table(table: str, *columns: str) -> list[tuple[str, pa.DataType]]:
    return [(column, SCHEMAS[table].field(column).type) for column in columns]


_PASSAGE = _of_table("evidence", "element", "kind", "page", "start", "end", "text", "strength", "why")
_MODELS = {"hcc_v28": "V28", "hcc_v24": "V24", "rxhcc": "RxHCC"}
_LINE = pa.schema([
    *_KEY, ("status", pa.string()), ("error", pa.struct([("type", pa.string()), ("message", pa.string())])),
    ("pages", _list_of([("number", pa.int32()), ("source", pa.string()), ("unread", pa.string())])),
    ("encounters", _list_of([
        ("id", pa.string()), ("pages", pa.list_(pa.int32())), *_of_table("encounters", "start", "end", "date_of_service",
        "provider", "credential", "specialty", "setting", "signed", "valid", "problems"),
    ])),
    ("suggestions", _list_of([
        ("id", pa.string()),
        ("hcc", pa.struct([(model, pa.struct([("category", pa.string())])) for model in _MODELS.values()])),
        *_of_table("suggestions", "encounter", "condition", "icd10", "description", "status", "tier", "reason", "confidence",
        "high_risk", "alternatives"), ("mentions", _list_of(_PASSAGE)), ("evidence", _list_of(_PASSAGE)),
    ])),
    ("versions", pa.struct(_of_table("charts", "hccassist", "ranker", "linker", "policy", "content"))),
])  # fmt: skip
"""What the tables hold of a line of results (``schema.ChartResult``)."""


def write_tables(lines: Iterable[bytes], duplicates: Mapping[str, str], rules: PriorityRules, folder: Path) -> None:
    """Writes the Parquet files and the summary of these lines of results into ``folder``, in one pass, a few megabytes of
    lines in memory at a time."""
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", SCHEMAS[name], compression="zstd"))
            for name in TABLES
        }
        waiting: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
        # A byte order mark is how spreadsheets know UTF-8.
        summary = csv.writer(stack.enter_context((folder / SUMMARY).open("w", encoding="utf-8-sig", newline="")))
        summary.writerow(_SUMMARY_COLUMNS)
        for some in _portions(lines):
            results = _read(some, _LINE)
            charts = list(_charts(results, duplicates, rules))
            summary.writerows([guarded(chart[name]) for name in _SUMMARY_COLUMNS] for chart in charts)
            waiting["charts"].append(_read([to_json(chart) + b"\n" for chart in charts], SCHEMAS["charts"]))
            waiting["encounters"].append(_encounters(results))
            waiting["suggestions"].append(_suggestions(results))
            waiting["evidence"].append(_evidence(results))
            for name, tables in waiting.items():
                if sum(table.num_rows for table in tables) >= _ROWS:
                    _flush(files[name], tables)
        for name, tables in waiting.items():
            _flush(files[name], tables)


def _portions(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines, some megabytes at a time."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line)
        if size >= _BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _flush(file: pq.ParquetWriter, tables: list[pa.Table]) -> None:
    if tables:
        file.write_table(pa.concat_tables(tables))
        tables.clear()


def _read(lines: list[bytes], schema: pa.Schema) -> pa.Table:
    """Lines of JSON as columns, each in one piece; what the schema does not name is left out."""
    if not lines:
        return schema.empty_table()
    data = b"".join(lines)
    options = arrow_json.ReadOptions(use_threads=False, block_size=len(data))  # a line must lie within a block
    parse = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    return arrow_json.read_json(pa.BufferReader(data), options, parse).combine_chunks()


def _column(table: pa.Table, name: str) -> pa.Array:
    return table[name].chunk(0)


def _words(*words: str) -> dict[str, pa.Scalar]:
    """Words as Arrow has them. (Read, as all else here is: making them of Python's own imports pandas.)"""
    read = _read([to_json({"word": word}) + b"\n" for word in words], pa.schema([("word", pa.string())]))
    return dict(zip(words, _column(read, "word"), strict=True))


class _Rows:
    """What stands in a column of lists, a row each; ``of``: for each row, which list it stands in."""

    def __init__(self, lists: pa.Array) -> None:
        self.of = pc.list_parent_indices(lists)
        self.rows = pc.list_flatten(lists)
        self._bounds = lists.offsets.to_pylist()

    def __getitem__(self, name: str) -> pa.Array:
        return pc.struct_field(self.rows, name)

    def apart(self, values: Sequence[T]) -> Iterator[Sequence[T]]:
        """The values of the rows, list by list."""
        return (values[start:end] for start, end in pairwise(self._bounds))


def _charts(results: pa.Table, duplicates: Mapping[str, str], rules: PriorityRules) -> Iterator[dict[str, Any]]:
    """A row a chart, with what the worklist's rules count in it."""
    pages, encounters, suggestions = (_Rows(_column(results, name)) for name in ("pages", "encounters", "suggestions"))
    paying = pc.or_(*(pc.is_valid(_category(suggestions, model)) for model in PAYING))
    columns = (suggestions["tier"], paying, suggestions["confidence"], pc.is_valid(suggestions["high_risk"]))
    rated = list(map(Rated, *(column.to_pylist() for column in columns)))
    for row, read, validities, found in zip(
        results.select(["chart", "sha256", "status", "error", "versions"]).to_pylist(),
        pages.apart(pages.rows.to_pylist()),
        encounters.apart(encounters["valid"].to_pylist()),
        suggestions.apart(rated),
        strict=True,
    ):
        error, versions = row.pop("error") or {}, row.pop("versions") or {}
        sources, first = [page["source"] for page in read], duplicates.get(row["chart"])
        counts = counted(sources, validities, found, copies=int(first is not None))
        priority, why = priority_of(counts, rules)
        yield {
            **row, **versions, **counts, "error": error.get("type"), "message": error.get("message"), "duplicate_of": first,
            "unread_why": _unread_why(read), "ocr_pages": sources.count("ocr"),
            "supported": counts["paying"] + counts["not_paying"],
            "held_back": sum(s.tier == "suppressed" for s in found), "priority": priority, "priority_why": why,
        }  # fmt: skip


def _unread_why(pages: Iterable[Mapping[str, Any]]) -> str | None:
    """Which pages were not read, by why: "pages 3, 4: no text was found on it"; None where all were."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        if page["source"] == "unread":
            numbers[unread_because(page["unread"])].append(str(page["number"]))
    said = [f"{'page' if len(n) == 1 else 'pages'} {', '.join(n)}: {why}" for why, n in numbers.items()]
    return "; ".join(said) or None


def _encounters(results: pa.Table) -> pa.Table:
    rows = _Rows(_column(results, "encounters"))
    pages = [{"first_page": min(p, default=None), "last_page": max(p, default=None)} for p in rows["pages"].to_pylist()]
    ends = _read([to_json(p) + b"\n" for p in pages], pa.schema(_of_table("encounters", "first_page", "last_page")))
    made = {"encounter": rows["id"], "first_page": ends["first_page"], "last_page": ends["last_page"]}
    return _table("encounters", results, rows, made)


def _suggestions(results: pa.Table) -> pa.Table:
    rows = _Rows(_column(results, "suggestions"))
    proof, word, numbers = _Rows(rows["evidence"]), _words(*"MEAT", ""), _numbers(rows)
    letters = []
    for letter in "MEAT":
        proved = proof.of.filter(pc.equal(proof["element"], word[letter]))
        letters.append(pc.if_else(pc.is_in(numbers, value_set=proved), word[letter], word[""]))
    made = {column: _category(rows, model) for column, model in _MODELS.items()}
    made |= {"suggestion": rows["id"], "letters": pc.binary_join_element_wise(*letters, word[""])}
    return _table("suggestions", results, rows, made)


def _evidence(results: pa.Table) -> pa.Table:
    suggestions = _Rows(_column(results, "suggestions"))
    names = [name for name, _ in _PASSAGE]
    both = []
    for kind in ("mentions", "evidence"):
        passages = _Rows(suggestions[kind])
        both.append(pa.Table.from_arrays([passages.of, *(passages[name] for name in names)], ["of", *names]))
    rows = pa.concat_tables(both)
    rows = rows.take(pc.sort_indices(rows["of"]))  # stable: mentions stay first
    word, chart = _words("mention", "evidence"), suggestions.of.take(rows["of"])
    made = {key: results[key].take(chart) for key, _ in _KEY}
    made |= {"suggestion": suggestions["id"].take(rows["of"])}
    made |= {"role": pc.if_else(pc.is_valid(rows["element"]), word["evidence"], word["mention"])}
    schema = SCHEMAS["evidence"]
    return pa.Table.from_arrays([made[n] if n in made else rows[n] for n in schema.names], schema=schema)


def _category(suggestions: _Rows, model: str) -> pa.Array:
    return pc.struct_field(suggestions.rows, ["hcc", model, "category"])


def _numbers(rows: _Rows) -> pa.Array:
    """The rows' own numbers, from 0."""
    return pa.Array.from_buffers(pa.int64(), len(rows.rows), [None, pa.py_buffer(np.arange(len(rows.rows)))])


def _table(name: str, results: pa.Table, rows: _Rows, made: dict[str, pa.Array]) -> pa.Table:
    """A table: the charts' keys, what was ``made``, and what the rows hold under the columns' own names."""
    columns = {key: _column(results, key).take(rows.of) for key, _ in _KEY} | made
    schema = SCHEMAS[name]
    return pa.Table.from_arrays([columns[n] if n in columns else rows[n] for n in schema.names], schema=schema)
