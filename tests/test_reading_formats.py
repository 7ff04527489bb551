"""Word, RTF, HTML, C-CDA, FHIR and ZIP files become charts."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_files import lines, pdf

from hccassist.encounters import find_encounters
from hccassist.reading import SUPPORTED_SUFFIXES, Limits, ReadError, read_chart
from hccassist.schema import Chart


def read(tmp_path: Path, data: bytes, name: str, limits: Limits | None = None) -> Chart:
    path = tmp_path / "file"
    path.write_bytes(data)
    return read_chart(path, name, limits or Limits())


def refusal(tmp_path: Path, data: bytes, name: str, limits: Limits | None = None) -> str:
    with pytest.raises(ReadError) as caught:
        read(tmp_path, data, name, limits)
    assert name in caught.value.message
    return caught.value.type


def word_file() -> bytes:
    import docx

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Ashby Clinic"
    document.add_heading("Office visit", 1)
    document.add_paragraph("Feeling\twell.")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Test", "Result", "Sodium", "141"), strict=True):
        cell.text = text
    document.add_paragraph("Signed.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pages_of(chart: Chart) -> list[str]:
    return [chart.text[page.start : page.end].strip() for page in chart.pages]


def zip_file(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def test_word_document(tmp_path: Path) -> None:
    chart = read(tmp_path, word_file(), "note.docx")
    assert chart.text == "Ashby Clinic\nOffice visit\nFeeling  well.\nTest  Result\nSodium  141\nSigned."


def test_pages_of_a_word_document(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph("First visit")
    document.add_page_break()
    document.add_paragraph("Second visit")
    document.add_paragraph("Third visit").paragraph_format.page_break_before = True
    out = io.BytesIO()
    document.save(out)
    assert pages_of(read(tmp_path, out.getvalue(), "note.docx")) == ["First visit", "Second visit", "Third visit"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("print.txt", b"First visit\n\x0cSecond visit\n"),
        ("note.rtf", rb"{\rtf1\ansi First visit\par\page Second visit\par}"),
        ("page.html", b"<html><body><div style='page-break-after: always'>First visit</div><p>Second visit</p></body></html>"),
        ("page.html", b"<html><body><p>First visit</p><p style='break-before:page'>Second visit</p></body></html>"),
    ],
)
def test_page_breaks_part_pages(tmp_path: Path, name: str, data: bytes) -> None:
    assert pages_of(read(tmp_path, data, name)) == ["First visit", "Second visit"]


def test_broken_word_document(tmp_path: Path) -> None:
    assert refusal(tmp_path, zip_file(**{"word/document.xml": b"<broken"}), "note.docx") == "broken"


def test_rtf(tmp_path: Path) -> None:
    data = rb"{\rtf1\ansi Office visit\par Caf\'e9, {\b well}.\par}"
    assert read(tmp_path, data, "note.rtf").text.split("\n")[:2] == ["Office visit", "Café, well."]


def test_html(tmp_path: Path) -> None:
    data = (
        b"<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body><h1>Office  visit</h1>"
        b"<p>Feels <b>well</b> &amp; walks.</p><script>alert(1)</script>"
        b"<table><tr><td>Sodium</td><td>141</td></tr></table>"
        b"<ul><li>one</li><li>two</li></ul>last</body></html>"
    )
    text = read(tmp_path, data, "page.html").text
    assert [line for line in text.split("\n") if line] == [
        "Office visit",
        "Feels well & walks.",
        "Sodium  141",
        "one",
        "two",
        "last",
    ]


def test_html_with_a_processing_instruction(tmp_path: Path) -> None:
    assert read(tmp_path, b"<html><body><p>Gout <?page 2>of the left foot</p></body></html>", "p.html").text.startswith("Gout")


def test_deeply_nested_html(tmp_path: Path) -> None:
    assert read(tmp_path, b"<html><body>" + b"<div>" * 20_000 + b"deep", "page.html").text.strip() == "deep"


CCDA = """<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Progress Note</title>
<recordTarget><patientRole><patient><name><given>Ruth</given><family>Okafor</family></name><birthTime value="19510309"/>
</patient></patientRole></recordTarget><author><assignedAuthor><assignedPerson><name><given>Marta</given>
<family>Solberg</family><suffix>MD</suffix></name></assignedPerson></assignedAuthor></author>
<componentOf><encompassingEncounter><effectiveTime><low value="20250603102000"/></effectiveTime></encompassingEncounter>
</componentOf><component><structuredBody><component><section><title>Assessment</title><text>
<list><item>Cough, better</item>
</list><table><tbody><tr><td>Sodium</td><td>141</td></tr></tbody></table></text></section></component></structuredBody>
</component></ClinicalDocument>"""


def test_ccda(tmp_path: Path) -> None:
    text = read(tmp_path, CCDA.encode(), "record.xml").text
    assert "Patient: Ruth Okafor  DOB: 1951-03-09" in text
    assert "Encounter date: 2025-06-03" in text
    assert "Author: Marta Solberg, MD" in text
    assert "Assessment\nCough, better\nSodium  141" in text


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    bomb = CCDA.replace('<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>')
    assert refusal(tmp_path, bomb.encode(), "record.xml") == "unsafe"


def bundle(*attachments: tuple[str, bytes]) -> bytes:
    documents = [
        {
            "resource": {
                "resourceType": "DocumentReference",
                "type": {"text": "Progress note"},
                "subject": {"reference": "Patient/p1"},
                "context": {"period": {"start": "2025-06-03T10:20:00Z"}},
                "content": [{"attachment": {"contentType": kind, "data": base64.b64encode(data).decode()}}],
            }
        }
        for kind, data in attachments
    ]
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"given": ["Ruth"], "family": "Okafor"}],
        "birthDate": "1951-03-09",
    }
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient}, *documents]}).encode()


def test_fhir_bundle(tmp_path: Path) -> None:
    chart = read(
        tmp_path,
        bundle(("text/plain", b"Feels well."), ("application/pdf", pdf(lines(["One"]), lines(["Two"])))),
        "b.json",
    )
    assert [p.number for p in chart.pages] == [1, 2, 3]
    assert chart.text.startswith(
        "Progress note\nPatient: Ruth Okafor  DOB: 1951-03-09\nDate of service: 2025-06-03\nFeels well."
    )
    for page in chart.pages:
        assert all(page.start <= w.start < w.end <= page.end for w in page.words)
    assert chart.text[chart.pages[2].start : chart.pages[2].end] == "Two"


def test_fhir_attachment_of_a_kind_that_is_not_read_is_an_unread_page_beside_the_others(tmp_path: Path) -> None:
    sound = b"ID3\x04 COPD, says a voice."
    chart = read(
        tmp_path, bundle(("text/plain", b"Feels well."), ("audio/mpeg", sound), ("text/markdown", b"# Plan")), "b.json"
    )
    assert [(p.source, p.unread) for p in chart.pages] == [("text", None), ("unread", "kind"), ("text", None)]
    assert "COPD" not in chart.text
    assert "# Plan" in chart.text


def test_fhir_bundle_of_nothing_that_is_read_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_bytes(bundle(("application/dicom", b"DICM COPD")))
    with pytest.raises(ReadError) as refused:
        read_chart(file, "b.json")
    assert refused.value.type == "unsupported"
    assert refused.value.message == "b.json/attachment 1: files of this kind are not read; attach it as PDF or text"


def test_fhir_attachment_without_a_type_is_told_by_its_content(tmp_path: Path) -> None:
    chart = read(tmp_path, bundle(("application/octet-stream", pdf(lines(["One"]))), ("", b"Feels well.")), "b.json")
    assert [p.source for p in chart.pages] == ["text", "text"]
    assert chart.text.startswith("One")


def test_fhir_without_documents(tmp_path: Path) -> None:
    assert refusal(tmp_path, b'{"resourceType": "Patient", "id": "1"}', "b.json") == "empty"


def test_halves_of_characters_are_joined_or_unreadable(tmp_path: Path) -> None:
    note = {"resourceType": "Composition", "title": "Visit \ud800", "section": [{"text": {"div": "<p>Gait \ud83d\ude00</p>"}}]}
    text = read(tmp_path, json.dumps(note).encode(), "b.json").text
    assert "Visit \ufffd" in text
    assert "Gait \U0001f600" in text


def test_zip_is_one_chart_of_all_its_files(tmp_path: Path) -> None:
    data = zip_file(b__txt=b"second", a__pdf=pdf(lines(["first"])), readme__md=b"not a chart")
    chart = read(tmp_path, data, "all.zip")
    assert chart.text == "first\n\fsecond"
    assert [p.number for p in chart.pages] == [1, 2]


def test_zip_within_zip(tmp_path: Path) -> None:
    assert refusal(tmp_path, zip_file(inner__zip=zip_file(a__txt=b"x")), "all.zip") == "unsupported"


def test_zip_bomb(tmp_path: Path) -> None:
    data = zip_file(a__txt=b"0" * 5_000_000)
    assert len(data) < 10_000
    assert refusal(tmp_path, data, "all.zip", Limits(max_unpacked_bytes=1_000_000)) == "too_large"


@pytest.mark.parametrize("name", ["chart.txt", "chart.html", "chart.rtf", "chart.zip", "chart.json", "chart.pdf"])
def test_more_text_than_a_chart_may_have_is_refused_whatever_holds_it(tmp_path: Path, name: str) -> None:
    words = "Feels well. " * 100
    data = {
        "chart.txt": words.encode(), "chart.html": f"<html><body>{words}</body></html>".encode(),
        "chart.rtf": rf"{{\rtf1\ansi {words}}}".encode(), "chart.zip": zip_file(a__txt=words.encode()),
        "chart.json": bundle(("text/plain", words.encode())), "chart.pdf": pdf(lines([words[:60]] * 20)),
    }[name]  # fmt: skip
    assert refusal(tmp_path, data, name, Limits(max_characters=1000)) == "too_large"
    assert len(read(tmp_path, data, name).text) > 1000


def test_zip_that_says_how_much_it_holds_is_not_unpacked(tmp_path: Path) -> None:
    data = zip_file(a__txt=b"0" * 600_000, b__txt=b"0" * 600_000)
    assert refusal(tmp_path, data, "all.zip", Limits(max_unpacked_bytes=1_000_000)) == "too_large"


def test_html_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"<html><body>" + b"<div>" * 200_000 + b"x</body></html>", "page.html") == "unsafe"


def test_zip_of_a_version_that_is_not_known(tmp_path: Path) -> None:
    data = bytearray(zip_file(a__txt=b"x"))
    at = data.index(b"PK\x01\x02")
    data[at + 6] = 64  # the version needed to unpack it
    assert refusal(tmp_path, bytes(data), "all.zip") == "broken"


def test_zip_with_a_path_that_leads_out_of_it(tmp_path: Path) -> None:
    assert refusal(tmp_path, zip_file(**{"notes/../../a__txt": b"x"}), "all.zip") == "unsafe"


def test_zip_without_charts(tmp_path: Path) -> None:
    assert refusal(tmp_path, zip_file(readme__md=b"x"), "all.zip") == "empty"


_SEEDS = (
    CCDA.encode(),
    bundle(("text/plain", b"x")),
    zip_file(a__txt=b"x"),
    rb"{\rtf1 x\par}",
    b"<html><p>x",
    pdf(lines(["x"])),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(_SEEDS),
    suffix=st.sampled_from(sorted(SUPPORTED_SUFFIXES)),
    cut=st.integers(0, 3000),
    junk=st.binary(max_size=40),
)
def test_damaged_files_are_read_or_refused(tmp_path: Path, seed: bytes, suffix: str, cut: int, junk: bytes) -> None:
    data = seed[:cut] + junk + seed[cut + len(junk) :]
    message, found = "", None
    try:
        found = read(tmp_path, data, f"damaged{suffix}", Limits(ocr=False))
    except ReadError as error:
        message = error.message
    assert "\n" not in message
    assert bool(message) == (found is None)
    if found is not None:
        assert all(found.text[w.start : w.end].strip() for page in found.pages for w in page.words)


def whole_bundle() -> bytes:
    """A bundle as exports make it: resources that refer to one another by their full address."""

    def encounter(name: str, kind: str, start: str, end: str) -> dict[str, object]:
        return {"resourceType": "Encounter", "id": name, "class": {"code": kind}, "period": {"start": start, "end": end}}

    def practitioner(name: str, given: str, family: str, credential: str) -> dict[str, object]:
        qualification = [{"code": {"coding": [{"code": credential}]}}]
        named = [{"given": [given], "family": family}]
        return {"resourceType": "Practitioner", "id": name, "name": named, "qualification": qualification}

    def document(title: str, visit: str, author: str, text: str, status: str = "final") -> dict[str, object]:
        who = {"reference": f"urn:uuid:{author}"}
        return {
            "resourceType": "DocumentReference",
            "docStatus": status,
            "type": {"coding": [{"display": title}]},
            "subject": {"reference": "Patient/p1"},
            "date": "2025-12-30T10:00:00Z",
            "author": [who],
            **({"authenticator": who} if status == "final" else {}),
            "context": {"encounter": [{"reference": f"urn:uuid:{visit}"}]},
            "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}],
        }

    section = {"title": "Assessment", "text": {"div": "<div><p>Atrial fibrillation, on apixaban.</p></div>"}}
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "History and physical"},
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/stay"},
        "date": "2025-08-02",
        "author": [{"reference": "Practitioner/doctor"}],
        "attester": [{"time": "2025-08-02T20:00:00Z", "party": {"reference": "Practitioner/doctor"}}],
        "section": [section],
    }
    resources = [
        {"resourceType": "Patient", "id": "p1", "name": [{"given": ["Ruth"], "family": "Okafor"}], "birthDate": "1951-03-09"},
        practitioner("doctor", "Marta", "Solberg", "MD"),
        practitioner("nurse", "Kim", "Sato", "RN"),
        encounter("visit", "AMB", "2025-02-12T09:00:00-05:00", "2025-02-12T09:20:00-05:00"),
        encounter("stay", "IMP", "2025-08-02", "2025-08-06"),
        document("Progress note", "visit", "doctor", "Assessment: gout, stable on allopurinol."),
        document("Nurse note", "visit", "nurse", "Flu shot given."),
        document("Discharge summary", "stay", "doctor", "Discharge diagnoses: pneumonia, treated."),
        document("Progress note", "visit", "doctor", "Assessment: asthma.", status="preliminary"),
        composition,
    ]
    entries = [{"fullUrl": f"urn:uuid:{r.get('id', n)}", "resource": r} for n, r in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def test_fhir_documents_are_records_with_visit_author_and_signature(tmp_path: Path) -> None:
    found = find_encounters(read(tmp_path, whole_bundle(), "b.json"))
    assert [(e.date_of_service, e.setting, e.provider, e.signed, e.valid) for e in found] == [
        ("2025-02-12", "office", "Marta Solberg", True, "yes"),
        ("2025-02-12", "nurse", "Kim Sato", True, "no"),
        ("2025-08-06", "inpatient", "Marta Solberg", True, "yes"),
        ("2025-02-12", "office", "Marta Solberg", False, "no"),
        ("2025-08-02", "inpatient", "Marta Solberg", True, "yes"),
    ]


def test_archive_with_a_fhir_bundle_and_a_document(tmp_path: Path) -> None:
    chart = read(tmp_path, zip_file(b__json=whole_bundle(), record__xml=CCDA.encode()), "all.zip")
    assert len(find_encounters(chart)) == 6


def test_ccda_summary_of_lists_is_no_encounter(tmp_path: Path) -> None:
    summary = CCDA.replace("Progress Note", "Continuity of Care Document").replace(">Assessment<", ">Problems<")
    (record,) = find_encounters(read(tmp_path, summary.encode(), "record.xml"))
    assert (record.setting, record.valid) == ("summary", "no")
