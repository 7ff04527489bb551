"""What leaves the tool: only accepted codes, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path

import pytest
from openpyxl import load_workbook
from review_builder import VISIT, write_chart, write_results

from hccassist.review import Action, Code, Quote, Store, export, open_store

HF, DM, STROKE = "e1:I50.22", "e1:E11.22", "e1:I63.9"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    root = tmp_path / "charts"
    opened = open_store(str(tmp_path / "review.db"))
    opened.import_results(write_results(tmp_path / "results", root, [write_chart(root, "=cmd.txt", [VISIT])]))
    return opened


def act(store: Store, kind: str, suggestion: str, **more: object) -> None:
    opened = store.open_chart(1)
    assert opened is not None
    store.record(opened, Action(uuid.uuid4().hex, kind, suggestion, **more), "ann")  # type: ignore[arg-type]


def test_only_what_a_person_accepted_changed_or_added_is_exported(store: Store) -> None:
    assert export.rows(store.accepted()) == []
    act(store, "accept", HF)
    act(store, "change", DM, code=Code("E11.9", "Type 2 diabetes mellitus without complications", "V28 HCC 38"))
    act(store, "query", STROKE)
    act(store, "add", "added:1", code=Code("J44.9", "COPD"), quote=Quote(3, 7, "COPD", 1), encounter="e1")
    found = {row.icd10: row for row in export.rows(store.accepted())}
    assert {code: row.origin for code, row in found.items()} == {
        "I50.22": "accepted as suggested", "E11.9": "changed by the coder", "J44.9": "added by the coder",
    }  # fmt: skip
    hf, dm, copd = found["I50.22"], found["E11.9"], found["J44.9"]
    assert (hf.date_of_service, hf.provider, hf.credential, hf.specialty) == ("2025-03-04", "Jane Roe", "MD", "Cardiology")
    assert hf.hcc_v28 == "226 Heart Failure, Except End-Stage and Acute"
    assert hf.treat == "“carvedilol 12.5 mg twice daily” (p. 1)"
    assert dm.suggested_icd10 == "E11.22"
    assert (copd.stated, copd.date_of_service) == ("“COPD” (p. 1)", "2025-03-04")


def test_the_categories_of_a_code_stand_in_their_columns_alike_whoever_chose_the_code(store: Store) -> None:
    act(store, "accept", HF)
    act(store, "change", DM, code=Code("I50.22", "Chronic systolic (congestive) heart failure", "V28 HCC 226 · V24 HCC 85"))
    act(store, "add", "added:1", code=Code("I10", "Essential (primary) hypertension"), quote=Quote(3, 7, "COPD", 1))
    found = {row.origin: (row.hcc_v28, row.hcc_v24) for row in export.rows(store.accepted())}
    assert found["added by the coder"] == ("", "")
    assert (
        found["changed by the coder"][0] == found["accepted as suggested"][0] == "226 Heart Failure, Except End-Stage and Acute"
    )
    assert found["changed by the coder"][1].startswith("85 ")


def test_an_undone_acceptance_and_struck_evidence_are_not_exported(store: Store) -> None:
    act(store, "accept", HF)
    opened = store.open_chart(1)
    assert opened is not None
    drug = next(s for s in opened.result.suggestions if s.id == HF).evidence[-1]
    act(store, "strike", HF, quote=Quote(drug.start, drug.end, drug.text, drug.page, "T"))
    [row] = export.rows(store.accepted())
    assert row.treat == ""
    act(store, "undo", HF, target=1)
    assert export.rows(store.accepted()) == []


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_csv_cell_begins_like_a_formula(store: Store, sign: str) -> None:
    act(store, "accept", HF, rationale=f'{sign}HYPERLINK("http://x")')
    content = export.to_csv(export.rows(store.accepted())).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(content))
    assert row["rationale"].startswith(f"'{sign}")
    assert row["chart"] == "'=cmd.txt"


def test_no_xlsx_cell_is_a_formula(store: Store) -> None:
    act(store, "accept", HF, rationale="=1+1\x0b")
    sheet = load_workbook(io.BytesIO(export.to_xlsx(export.rows(store.accepted())))).active
    assert sheet is not None
    header, row = list(sheet.iter_rows())
    cells = {h.value: c for h, c in zip(header, row, strict=True)}
    assert (cells["chart"].value, cells["chart"].data_type) == ("=cmd.txt", "s")
    assert (cells["rationale"].value, cells["rationale"].data_type) == ("=1+1", "s")


def test_json_holds_the_same_rows(store: Store) -> None:
    act(store, "accept", HF)
    [row] = json.loads(export.to_json(export.rows(store.accepted())))
    assert (row["chart"], row["icd10"], row["decided_by"]) == ("=cmd.txt", "I50.22", "ann")
