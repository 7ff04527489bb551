"""What leaves the tool: the codes that a person accepted, and nothing else. CSV, XLSX and JSON hold the same rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

from hccassist.cells import guarded
from hccassist.review.decisions import Decision, Event, SuggestionState
from hccassist.schema import ELEMENT_NAMES, provider_line
from hccassist.terminology.codes import load_codes

ORIGIN: dict[str, str] = {"accept": "accepted as suggested", "change": "changed by the coder", "add": "added by the coder"}


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One accepted code at one encounter. The MEAT columns quote the chart, each quote with its page."""

    chart: str
    chart_sha256: str
    encounter: str
    date_of_service: str
    provider: str
    credential: str
    specialty: str
    setting: str
    record_valid: str
    icd10: str
    description: str
    hcc_v28: str
    hcc_v24: str
    origin: str
    suggested_icd10: str
    stated: str
    monitor: str
    evaluate: str
    assess: str
    treat: str
    decided_by: str
    decided_at: str
    rationale: str
    record_number: int
    versions: str


def rows(accepted: Iterable[tuple[str, SuggestionState]]) -> list[ExportRow]:
    """The rows of accepted codes, by chart, date of service and code; a state that is not accepted is left out."""
    found = [_row(chart, state, state.decision) for chart, state in accepted if state.accepted and state.decision]
    return sorted(found, key=lambda r: (r.chart, r.date_of_service, r.icd10, r.record_number))


def _row(chart: str, state: SuggestionState, decision: Decision) -> ExportRow:
    encounter, suggestion, models = decision.encounter, decision.suggestion, categories_of(decision)
    quotes = _quotes(state)
    return ExportRow(
        chart=chart,
        chart_sha256=decision.snapshot.get("sha256", ""),
        encounter=encounter.get("id") or state.encounter or "",
        date_of_service=encounter.get("date_of_service") or "",
        provider=encounter.get("provider") or "",
        credential=encounter.get("credential") or "",
        specialty=encounter.get("specialty") or "",
        setting=encounter.get("setting") or "",
        record_valid=encounter.get("valid") or "",
        icd10=decision.icd10,
        description=decision.description,
        hcc_v28=_category(models, "V28"),
        hcc_v24=_category(models, "V24"),
        origin=ORIGIN[decision.kind],
        suggested_icd10=suggestion.get("icd10") or "",
        stated=quotes[None],
        monitor=quotes["M"],
        evaluate=quotes["E"],
        assess=quotes["A"],
        treat=quotes["T"],
        decided_by=decision.who,
        decided_at=decision.at,
        rationale=decision.rationale or "",
        record_number=decision.seq,
        versions=versions_line(decision.snapshot),
    )


def categories_of(decision: Decision) -> dict[str, dict[str, str]]:
    """The ``category`` and ``label`` per model of the code that a decision reports: those suggested with it; of a code that a
    coder chose those of its year of service, for the record keeps of it only the line that the search showed."""
    if decision.chosen is None:
        suggested: dict[str, dict[str, str]] = decision.suggestion.get("hcc", {})
        return suggested
    found = load_codes().hcc_on(decision.icd10, decision.encounter.get("date_of_service"))
    return {model: asdict(category) for model, category in found.items()}


def versions_line(content: Mapping[str, Any]) -> str:
    """The versions that made a suggestion, from what is kept with a decision on it."""
    return ", ".join(f"{k} {v}" for k, v in sorted(content.get("versions", {}).items()))


def rested_on(event: Event) -> dict[str, str]:
    """What an event rested on, by column: what an auditor asks for when neither the chart nor its results are left. The
    words are those that stood on the screen, each with its letter and page; of an event about words, those words alone."""
    content = event.snapshot
    visit, suggestion = content.get("encounter", {}), content.get("suggestion", {})
    likely = suggestion.get("confidence")
    return {
        "provider": provider_line(visit.get("provider"), visit.get("credential"), visit.get("specialty")) or "",
        "words": "; ".join(words_of(event)),
        "shown as": ", ".join(filter(None, (suggestion.get("tier"), f"{likely:.0%}" if likely is not None else ""))),
        "file SHA-256": event.chart_sha256,
        "versions": versions_line(content),
    }


def words_of(event: Event) -> list[str]:
    """The words of the chart that an event rested on, each with its letter and page."""
    own = event.action.quote
    quotes = [asdict(own)] if own else event.snapshot.get("suggestion", {}).get("quotes", [])
    return list(dict.fromkeys(f"{element_name(q['element'])}: {quoted(q['text'], q['page'])}" for q in quotes))


def element_name(element: str | None) -> str:
    """What words stand for: the name of a MEAT letter, or that they state the condition."""
    return next((name for letter, name in ELEMENT_NAMES.items() if letter == element), "Stated")


def quoted(text: str, page: int) -> str:
    """Words of a chart in one line, with their page."""
    return f"“{' '.join(text.split())}” (p. {page})"


def _category(models: dict[str, dict[str, str]], model: str) -> str:
    category = models.get(model)
    return f"{category['category']} {category['label']}".strip() if category else ""


def quotes_of(state: SuggestionState) -> list[dict[str, Any]]:
    """The quotes that a decision rests on: those suggested and those added by hand, nothing struck, and the words a condition
    was added from. Each is a ``Quote`` as a dict."""
    suggested = state.decision.suggestion.get("quotes", []) if state.decision else []
    held = [q for q in suggested if (q["element"], q["start"], q["end"]) not in state.struck]
    held += [asdict(q) for q in state.evidence if (q.element, q.start, q.end) not in state.struck]
    if state.quote is not None:
        held.append(asdict(state.quote))
    return held


def _quotes(state: SuggestionState) -> dict[str | None, str]:
    """The quotes that stand by letter, None for the words that state the condition."""
    by_letter: dict[str | None, list[str]] = {None: [], "M": [], "E": [], "A": [], "T": []}
    for quote in quotes_of(state):
        by_letter[quote["element"]].append(quoted(quote["text"], quote["page"]))
    return {letter: "; ".join(dict.fromkeys(found)) for letter, found in by_letter.items()}


def to_csv(table: Sequence[ExportRow]) -> bytes:
    """UTF-8 with a byte order mark, which is how spreadsheets know it."""
    return table_to_csv([asdict(row) for row in table], _titles())


def table_to_csv(rows: Sequence[Mapping[str, object]], titles: Sequence[str]) -> bytes:
    """Rows with these keys under them, each cell guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles)
    writer.writerows([guarded(v) for v in row.values()] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(table: Sequence[ExportRow]) -> bytes:
    """One sheet, every text cell typed as text."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # a new workbook has its first sheet
    sheet.title = "Accepted codes"
    sheet.append(_titles())
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, row in enumerate(table, start=2):
        for column, value in enumerate(asdict(row).values(), start=1):
            cell = sheet.cell(number, column, _printable(value))
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl would take a leading "=" for a formula
                cell.quotePrefix = True
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def to_json(table: Sequence[ExportRow]) -> bytes:
    """A list of objects, one a row."""
    return json.dumps([asdict(row) for row in table], ensure_ascii=False, indent=2).encode()


def _titles() -> list[str]:
    return [f.name for f in fields(ExportRow)]


def _printable(value: object) -> Any:
    """XLSX is XML: it cannot hold control characters, which OCR and faxes do produce."""
    return "".join(c for c in value if c >= " " or c in "\t\n") if isinstance(value, str) else value
