"""Accepted codes as FHIR resources, as an audit sheet, as a risk score; and submitted codes held against the charts."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL.Image import Image
from review_builder import VISIT, Visit, chart, plain, write_chart, write_pdf_chart, write_results

from hccassist.review import Action, Code, Quote, Store, open_store
from hccassist.review.audit_sheet import SheetChart, audit_sheet
from hccassist.review.chart_file import find
from hccassist.review.claims import ANSWER_COLUMNS, Answer, Claim, ClaimsError, answer, read_claims, review, table
from hccassist.review.export import table_to_csv
from hccassist.review.fhir_export import bundle
from hccassist.review.risk_score import Member, payment_year, payment_years, risk_score

HF, DM, STROKE = "e1:I50.22", "e1:E11.22", "e1:I63.9"
NOW = "2026-01-02T03:04:05+00:00"
TEXT = plain(VISIT.text)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    root = tmp_path / "charts"
    opened = open_store(str(tmp_path / "review.db"))
    charts = [write_chart(root, "quill.txt"), write_pdf_chart(root, "printed.pdf"), write_pdf_chart(root, "red.pdf", ink="red")]
    opened.import_results(write_results(tmp_path / "results", root, charts))
    return opened


def act(store: Store, kind: str, suggestion: str = HF, name: str = "quill.txt", **more: Any) -> None:
    store.record(chart(store, name), Action(uuid.uuid4().hex, kind, suggestion, **more), "ann")  # type: ignore[arg-type]


# ---- FHIR


def resources(store: Store, kind: str) -> list[dict[str, Any]]:
    found = bundle(store.accepted(), NOW)
    return [e["resource"] for e in found["entry"] if e["resource"]["resourceType"] == kind]


def test_every_accepted_code_is_a_condition_with_its_words_and_its_provenance(store: Store) -> None:
    act(store, "accept", rationale="Stated and treated.")
    act(store, "change", DM, code=Code("E11.9", "Type 2 diabetes mellitus without complications"))
    act(store, "reject", STROKE)
    conditions = {c["code"]["coding"][0]["code"]: c for c in resources(store, "Condition")}
    assert set(conditions) == {"I50.22", "E11.9"}
    hf = conditions["I50.22"]
    said = [e["code"][0]["text"] for e in hf["evidence"]]
    assert "Treat: “carvedilol 12.5 mg twice daily”, page 1" in said
    assert hf["note"] == [{"text": "Stated and treated."}]
    provenances = {p["target"][0]["reference"]: p for p in resources(store, "Provenance")}
    own = provenances[f"urn:uuid:{hf['id']}"]
    assert own["agent"][0]["who"]["display"] == "ann"
    assert own["activity"]["text"] == "accepted as suggested"
    [encounter] = resources(store, "Encounter")
    assert encounter["period"]["start"] == "2025-03-04"
    assert encounter["participant"] == [{"individual": {"display": "Jane Roe, MD (Cardiology)"}}]
    assert encounter["serviceType"] == {"text": "Cardiology"}


def test_every_reference_of_the_bundle_leads_to_a_resource_in_it(store: Store) -> None:
    act(store, "accept")
    act(store, "add", "added:1", code=Code("J44.9", "COPD"), quote=Quote(0, 7, "Patient", 1), encounter="e1")
    found = bundle(store.accepted(), NOW)
    urls = [e["fullUrl"] for e in found["entry"]]
    text = json.dumps(found)
    assert len(urls) == len(set(urls))
    assert text.count('"reference"') == sum(text.count(f'"reference": "{url}"') for url in urls) > 10


def test_nothing_accepted_makes_an_empty_bundle(store: Store) -> None:
    act(store, "query")
    assert bundle(store.accepted(), NOW)["entry"] == []


def test_the_bundle_is_valid_fhir(store: Store) -> None:
    model = pytest.importorskip("fhir.resources.R4B.bundle").Bundle
    act(store, "accept")
    act(store, "add", "added:1", code=Code("J44.9", "COPD"), quote=Quote(0, 7, "Patient", 1), encounter="e1")
    parsed = model.model_validate_json(json.dumps(bundle(store.accepted(), NOW)))
    assert len(parsed.entry) == 7


# ---- the audit sheet


def sheet(store: Store, *names: str) -> pdfium.PdfDocument:
    opened = [chart(store, name) for name in names]
    files = [find(o.result.chart, o.result.sha256, o.roots).path for o in opened]
    return pdfium.PdfDocument(audit_sheet([SheetChart(o, f) for o, f in zip(opened, files, strict=True)], NOW))


def strips(document: pdfium.PdfDocument) -> list[Image]:
    """The pictures of a sheet."""
    return [o.get_bitmap().to_pil() for page in document for o in page.get_objects() if o.type == 3]


def words(document: pdfium.PdfDocument) -> str:
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def test_the_audit_sheet_says_which_words_supported_each_code_and_who_decided(store: Store) -> None:
    act(store, "accept", rationale="A1c ≥ 7 <b>not markup</b> & more.")
    act(store, "reject", STROKE, reason="history_of", rationale="Last year.")
    said = words(sheet(store, "quill.txt"))
    for expected in (
        "I50.22 Chronic systolic (congestive) heart failure", "2025-03-04 · Jane Roe, MD (Cardiology) · office", "valid record",
        "Treat: “carvedilol 12.5 mg twice daily” (page 1)", "accepted as suggested by ann", "record no. 1",
        "A1c ≥ 7 <b>not markup</b> & more.", "reject: History of", "Last year.", "V28 HCC 226",
    ):  # fmt: skip
        assert expected in said
    assert "E11.22" not in said  # nobody decided on it


def test_the_place_of_the_words_is_cut_out_of_the_page(store: Store) -> None:
    act(store, "accept", name="printed.pdf")
    pictures = strips(sheet(store, "printed.pdf"))
    assert len(pictures) == 2  # the words that name the condition, and the drug
    for picture in pictures:
        assert picture.width > 3 * picture.height  # a strip, not the page
        assert len(set(picture.tobytes())) > 10  # with ink on it


def test_only_a_page_in_color_is_shown_in_color(store: Store) -> None:
    for name in ("printed.pdf", "red.pdf"):
        act(store, "accept", name=name)
    assert {picture.mode for picture in strips(sheet(store, "printed.pdf"))} == {"L"}
    assert {picture.mode for picture in strips(sheet(store, "red.pdf"))} == {"RGB"}


def test_a_changed_file_gives_no_pictures(store: Store, tmp_path: Path) -> None:
    act(store, "accept", name="printed.pdf")
    path = tmp_path / "charts" / "printed.pdf"
    path.write_bytes(path.read_bytes() + b"%")
    opened = chart(store, "printed.pdf")
    found = find(opened.result.chart, opened.result.sha256, opened.roots)
    document = pdfium.PdfDocument(audit_sheet([SheetChart(opened, found.path if found.state == "ok" else None)], NOW))
    assert strips(document) == []
    assert "carvedilol" in words(document)


# ---- the risk score


def test_the_risk_score_is_hccinfhirs_with_hierarchies_applied() -> None:
    found = risk_score(["E11.22", "E11.9", "I50.22", "N18.4", "N18.30", "I10"], Member(72, "F"), 2025)
    assert found.payment_year == 2026
    assert [c for c, _, _ in found.hccs] == ["37", "226", "327"]
    assert found.trumped == ("38", "329")
    parts = found.demographics + sum(w for _, _, w in found.hccs) + sum(w for _, w in found.interactions)
    assert found.score == pytest.approx(parts, abs=0.001)


def test_a_year_without_tables_takes_the_nearest_and_can_say_so() -> None:
    assert payment_year(payment_years()[-1] + 5) == payment_years()[-1]
    assert payment_year(2025) == 2026


# ---- two-way review


def claims(text: str) -> list[Claim]:
    return read_claims(text.encode())


def said(store: Store, code: str, day: str = "2025-03-04") -> Answer:
    return answer(Claim("quill", day, code), chart(store))


def test_claims_are_read_under_the_usual_column_names_and_dates() -> None:
    found = [
        claims("chart,date_of_service,icd10\nquill,2025-03-04,E11.22\n"),
        claims("\ufeffMember ID,DOS,DX\nquill,03/04/2025,E1122\n\n"),
        claims("File,Service Date,Diagnosis Code\nquill,20250304,e11.22\nquill,20250304,E11.22\n"),
    ]
    assert found == [[Claim("quill", "2025-03-04", "E11.22")]] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chart,dos\nquill,2025-03-04\n", "column for code"),
        ("", "column for chart, date, code"),
        ("chart,dos,dx\nquill,yesterday,E11.22\n", "Line 2: the date"),
        ("chart,dos,dx\nquill,2025-03-04,=cmd\n", "Line 2: every line"),
    ],
)
def test_a_list_of_claims_that_cannot_be_read_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ClaimsError, match=message):
        claims(text)


def test_a_file_that_is_no_list_is_refused_in_one_line() -> None:
    with pytest.raises(ClaimsError, match="save it as CSV"):
        claims(f"chart,dos,dx\n{'x' * 200_000},2025-03-04,I10\n")


def test_a_claim_names_its_chart_by_path_file_or_stem(store: Store) -> None:
    names = ("quill.txt", "quill", "printed", "print")
    found = review(store, None, [Claim(n, "2025-03-04", "I50.22") for n in names])
    assert [a.chart for a in found] == ["quill.txt", "quill.txt", "printed.pdf", ""]
    assert found[-1].finding == "no_chart"


def test_a_claim_names_its_charts_by_the_patients_number_and_the_one_with_the_visit_is_asked(tmp_path: Path) -> None:
    charts = [write_chart(tmp_path, f"{n}.txt", [Visit(VISIT.text, date=f"2025-0{n}-04")]) for n in (1, 2, 3)]
    numbers = {"1.txt": ("0048213", "12"), "2.txt": ("0048213",), "3.txt": ("9948213",)}
    charts = [replace(c, encounters=tuple(replace(e, patient_numbers=numbers[c.chart]) for e in c.encounters)) for c in charts]
    store = open_store(str(tmp_path / "numbers.db"))
    store.import_results(write_results(tmp_path / "r", tmp_path, charts))
    asked = (("LM-0048213", "2025-02-04"), ("48213", "2025-01-04"), ("48213", "2025-03-04"), ("quill", "2025-01-04"))
    found = review(store, None, [Claim(number, day, "I50.22") for number, day in asked])
    assert [(a.chart, a.finding) for a in found] == [
        ("2.txt", "to_decide"), ("1.txt", "to_decide"), ("1.txt", "no_visit"), ("", "no_chart"),
    ]  # fmt: skip


def test_a_record_that_does_not_count_lends_its_chart_no_patient_number(tmp_path: Path) -> None:
    result = write_chart(tmp_path, "a.txt")
    stray = replace(result.encounters[0], valid="no", patient_numbers=("77001122",))
    store = open_store(str(tmp_path / "stray.db"))
    store.import_results(write_results(tmp_path / "r", tmp_path, [replace(result, encounters=(stray,))]))
    assert review(store, None, [Claim("77001122", "2025-03-04", "I50.22")])[0].finding == "no_chart"


def test_a_submitted_code_is_supported_only_where_a_person_accepted_it_on_that_date(store: Store) -> None:
    assert said(store, "I50.22").finding == "to_decide"
    act(store, "accept", rationale="Clear.")
    found = said(store, "I50.22")
    assert (found.finding, "carvedilol 12.5 mg twice daily” (p. 1)" in found.words) == ("supported", True)
    assert found.decided.startswith("accept by ann")
    assert said(store, "I50.22", "2025-03-05").finding == "no_visit"


def test_what_a_person_rejected_is_to_be_deleted_and_what_nobody_found_is_to_be_looked_at(store: Store) -> None:
    act(store, "reject", STROKE, reason="history_of")
    assert said(store, "I63.9").finding == "not_supported"
    assert said(store, "C50.911").finding == "not_found"
    act(store, "reject", Claim("quill", "2025-03-04", "C50.911").key, reason="other", rationale="Looked: nothing.")
    assert (said(store, "C50.911").finding, "Looked" in said(store, "C50.911").decided) == ("not_supported", True)
    assert store.verify_audit().intact


def test_of_two_records_of_a_day_a_refused_one_says_nothing_of_the_other(tmp_path: Path) -> None:
    """The code stands in both; deleting it for the one would take it from the other, which nobody has looked at."""
    store = open_store(str(tmp_path / "day.db"))
    charts = [write_chart(tmp_path, "day.txt", [VISIT, VISIT]), write_chart(tmp_path, "other.txt")]
    charts = [replace(c, encounters=tuple(replace(e, patient_numbers=("77001122",)) for e in c.encounters)) for c in charts]
    store.import_results(write_results(tmp_path / "r", tmp_path, charts))

    def findings() -> list[str]:
        claims = (Claim("day", "2025-03-04", "I50.22"), Claim("77001122", "2025-03-04", "I50.22"))
        return [found.finding for found in review(store, None, claims)]

    first, second = (s.id for s in chart(store, "day.txt").result.suggestions if s.icd10 == "I50.22")
    act(store, "reject", first, "day.txt", reason="invalid_record")
    assert findings() == ["to_decide", "to_decide"]
    act(store, "reject", second, "day.txt", reason="no_meat")
    assert findings() == ["not_supported", "to_decide"]  # the patient's other chart is not looked at yet
    act(store, "accept", HF, "other.txt")
    assert findings() == ["not_supported", "supported"]


def test_a_date_that_was_one_too_many_is_no_reason_to_delete_its_code(store: Store) -> None:
    act(store, "reject", STROKE, reason="duplicate", rationale="Accepted on 2025-01-05.")
    assert said(store, "I63.9").finding == "to_decide"


def test_what_is_only_named_is_still_for_a_person_to_decide_with_its_words(store: Store) -> None:
    found = said(store, "J44.9")
    assert (found.finding, found.words) == ("to_decide", "“COPD” (p. 1)")
    assert "nothing at this visit" in found.reason


def test_a_code_the_coder_changed_to_or_added_supports_its_claim(store: Store) -> None:
    act(store, "change", HF, code=Code("I50.32"))
    act(store, "add", "added:1", code=Code("J44.1"), quote=Quote(0, 7, "Patient", 1), encounter="e1")
    assert said(store, "I50.32").finding == said(store, "J44.1").finding == "supported"
    assert said(store, "I50.22").finding == "to_decide"


def test_a_code_claimed_within_a_stay_stands_on_any_of_its_days(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "stay.db"))
    result = write_chart(tmp_path, "stay.txt", [Visit(VISIT.text, setting="inpatient")])
    [stay] = result.encounters
    result = replace(result, encounters=(replace(stay, start="2025-03-01", end="2025-03-04"),))
    store.import_results(write_results(tmp_path / "r", tmp_path, [result]))
    act(store, "accept", name="stay.txt")
    found = [answer(Claim("stay", day, "I50.22"), chart(store, "stay.txt")).finding for day in ("2025-03-02", "2025-03-05")]
    assert found == ["supported", "no_visit"]


def test_the_table_of_answers_is_guarded_like_every_export(store: Store) -> None:
    rows = table([Answer(Claim("=cmd", "2025-03-04", "I10"), "no_chart")])
    assert "'=cmd" in table_to_csv(rows, ANSWER_COLUMNS).decode("utf-8-sig")


def test_a_table_of_no_answers_has_its_own_titles() -> None:
    assert table_to_csv(table([]), ANSWER_COLUMNS).decode("utf-8-sig") == f"{','.join(ANSWER_COLUMNS)}\r\n"
