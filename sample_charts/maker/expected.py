"""sample_charts_expected.json: what a careful coder finds in each sample chart, from the lines beside the charts' text."""

from __future__ import annotations

from typing import Any

from sample_charts.maker.source import ChartSource, Record


def expected_chart(source: ChartSource, file: str, pages: list[list[int]]) -> dict[str, Any]:
    """``pages`` holds the page numbers of each record, in the order of the records."""
    encounters = [_encounter(record, numbers) for record, numbers in zip(source.records, pages, strict=True)]
    return {"chart": file, "pages": sum(map(len, pages)), "encounters": encounters}


def _encounter(record: Record, pages: list[int]) -> dict[str, Any]:
    return {
        "title": record.get("title"),
        "pages": pages,
        "date_of_service": record.get("dos") or None,
        "setting": record.get("setting", "other"),
        "provider": record.get("provider") or None,
        "credential": record.get("credential") or None,
        "scanned": bool(record.get("scan")),
        "valid": record.get("valid", "unknown"),
        "why": record.get("why") or None,
        "codes": [{"icd10": c.icd10, "icd10_ok": list(c.also), "meat": list(c.meat), "note": c.note} for c in record.codes],
        "traps": [{"icd10": t.icd10, "status": t.status, "note": t.note} for t in record.traps],
        "suspects": [{"icd10": s.icd10, "note": s.note} for s in record.suspects],
    }
