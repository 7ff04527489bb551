"""The results as tables for analysts: Parquet (charts, encounters, suggestions, evidence), and a summary for a spreadsheet.

Keys: ``chart`` (the name in the results) with ``sha256``; ``encounter`` and ``suggestion`` are ids within a chart. Dates
are ISO 8601 text, boxes stay in suggestions.jsonl. ``evidence`` holds mentions too (``role``).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hccassist.cells import guarded
from hccassist.priority import PriorityRules, counted, priority_of
from hccassist.schema import ChartResult, PageSummary, unread_because

TABLES = ("charts", "encounters", "suggestions", "evidence")
SUMMARY = "summary.csv"
_ROWS = 20_000
_KEY = [("chart", pa.string()), ("sha256", pa.string())]
SCHEMAS: dict[str, pa.Schema] = {
    "charts": pa.schema([
        *_KEY, ("status", pa.string()), ("error", pa.string()), ("message", pa.string()), ("duplicate_of", pa.string()),
        ("pages", pa.int32()), ("unread_pages", pa.int32()),
        ("unread_why", pa.string()), ("ocr_pages", pa.int32()), ("encounters", pa.int32()),
        ("invalid_encounters", pa.int32()), ("supported", pa.int32()), ("mention_only", pa.int32()), ("suspects", pa.int32()),
        ("held_back", pa.int32()), ("high_risk", pa.int32()), ("paying", pa.int32()), ("priority", pa.float64()),
        ("priority_why", pa.string()), ("hccassist", pa.string()), ("ranker", pa.string()), ("linker", pa.string()),
        ("policy", pa.string()), ("content", pa.string()),
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
    "encounters",    "supported", "mention_only", "suspects", "held_back", "high_risk",
)  # fmt: skip


def write_tables(results: Iterable[ChartResult], duplicates: Mapping[str, str], rules: PriorityRules, folder: Path) -> None:
    """Writes the Parquet files and the summary into ``folder``, in one pass, a few thousand rows in memory at a time."""
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", SCHEMAS[name], compression="zstd"))
            for name in TABLES
        }
        waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        # A byte order mark is how spreadsheets know UTF-8.
        summary = csv.writer(stack.enter_context((folder / SUMMARY).open("w", encoding="utf-8-sig", newline="")))
        summary.writerow(_SUMMARY_COLUMNS)
        for result in results:
            chart = _chart(result, duplicates.get(result.chart), rules)
            summary.writerow([guarded(chart[name]) for name in _SUMMARY_COLUMNS])
            waiting["charts"].append(chart)
            waiting["encounters"].extend(_encounters(result))
            waiting["suggestions"].extend(_suggestions(result))
            waiting["evidence"].extend(_evidence(result))
            for name, rows in waiting.items():
                if len(rows) >= _ROWS:
                    _flush(files[name], name, rows)
        for name, rows in waiting.items():
            _flush(files[name], name, rows)


def _flush(file: pq.ParquetWriter, name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        file.write_table(pa.Table.from_pylist(rows, SCHEMAS[name]))
        rows.clear()


def _key(result: ChartResult) -> dict[str, Any]:
    return {"chart": result.chart, "sha256": result.sha256}


def _chart(result: ChartResult, duplicate_of: str | None, rules: PriorityRules) -> dict[str, Any]:
    counts = counted(result, copies=int(duplicate_of is not None))
    priority, why = priority_of(counts, rules)
    return {
        **_key(result), **(result.versions or {}), **counts, "status": result.status,
        "error": result.error.type if result.error else None, "message": result.error.message if result.error else None,
        "duplicate_of": duplicate_of, "unread_why": _unread_why(result.pages),
        "ocr_pages": sum(p.source == "ocr" for p in result.pages),
        "supported": counts["paying"] + counts["not_paying"],
        "held_back": sum(s.tier == "suppressed" for s in result.suggestions), "priority": priority, "priority_why": why,
    }  # fmt: skip


def _unread_why(pages: Iterable[PageSummary]) -> str | None:
    """Which pages were not read, by why: "pages 3, 4: no text was found on it"; None where all were."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        if page.source == "unread":
            numbers[unread_because(page.unread)].append(str(page.number))
    said = [f"{'page' if len(n) == 1 else 'pages'} {', '.join(n)}: {why}" for why, n in numbers.items()]
    return "; ".join(said) or None


def _encounters(result: ChartResult) -> Iterator[dict[str, Any]]:
    for e in result.encounters:
        pages = {"first_page": min(e.pages, default=None), "last_page": max(e.pages, default=None)}
        yield {
            **_key(result), "encounter": e.id, **pages,
            "start": e.start, "end": e.end, "date_of_service": e.date_of_service, "provider": e.provider,
            "credential": e.credential, "specialty": e.specialty, "setting": e.setting, "signed": e.signed, "valid": e.valid,
            "problems": e.problems,
        }  # fmt: skip


def _suggestions(result: ChartResult) -> Iterator[dict[str, Any]]:
    for s in result.suggestions:
        hcc = {model: category.category for model, category in s.hcc.items()}
        yield {
            **_key(result), "suggestion": s.id, "encounter": s.encounter, "condition": s.condition, "icd10": s.icd10,
            "description": s.description, "hcc_v28": hcc.get("V28"), "hcc_v24": hcc.get("V24"), "rxhcc": hcc.get("RxHCC"),
            "status": s.status, "tier": s.tier, "reason": s.reason, "confidence": s.confidence, "high_risk": s.high_risk,
            "letters": "".join(letter for letter in "MEAT" if any(e.element == letter for e in s.evidence)),
            "alternatives": s.alternatives,
        }  # fmt: skip


def _evidence(result: ChartResult) -> Iterator[dict[str, Any]]:
    for s in result.suggestions:
        for m in s.mentions:
            place = {"page": m.page, "start": m.start, "end": m.end, "text": m.text}
            yield {**_key(result), "suggestion": s.id, "role": "mention", **place}
        for e in s.evidence:
            place = {"page": e.page, "start": e.start, "end": e.end, "text": e.text}
            proof = {"element": e.element, "kind": e.kind, "strength": e.strength, "why": e.why}
            yield {**_key(result), "suggestion": s.id, "role": "evidence", **place, **proof}
