"""Charts are cut into their records, each with its facts and its validity."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import date

import pytest
from encounter_pages import PAGE_BREAK, RECORDS, chart_of

from hccassist.encounters import find_encounters
from hccassist.encounters.patients import Identity, chart_identity
from hccassist.schema import Chart

VISIT = """{clinic}
{title}
Patient: {patient}  DOB: {dob}  Date of service: {date}
Provider: {provider}
Chief complaint: follow up
Assessment: diabetes, stable. Continue metformin.
Plan: return in three months.
Electronically signed by {provider} on {date}"""


def visit(
    date: str,
    clinic: str = "Ashby Clinic",
    title: str = "Office Visit",
    patient: str = "Ruth Okafor",
    dob: str = "03/09/1951",
    provider: str = "Marta Solberg, MD",
) -> str:
    return VISIT.format(date=date, clinic=clinic, title=title, patient=patient, dob=dob, provider=provider)


def dates(chart: Chart) -> list[str | None]:
    return [e.date_of_service for e in find_encounters(chart)]


@pytest.mark.parametrize("name", RECORDS)
def test_record_facts(name: str) -> None:
    record = RECORDS[name]
    found = find_encounters(chart_of(*record.pages))
    assert len(found) == 1
    encounter = found[0]
    assert encounter.date_of_service == record.date
    assert encounter.valid in record.valid.split(), encounter.problems
    if record.setting:
        assert encounter.setting in record.setting.split()
    if record.provider:
        assert encounter.provider == record.provider
    if record.signed is not None:
        assert encounter.signed is record.signed


@pytest.mark.parametrize("name", RECORDS)
def test_every_reason_is_a_plain_sentence(name: str) -> None:
    for encounter in find_encounters(chart_of(*RECORDS[name].pages)):
        assert all(p.endswith(".") and "\n" not in p for p in encounter.problems)
        assert encounter.problems or encounter.valid == "yes"


def test_records_cover_the_whole_text_in_order() -> None:
    chart = chart_of(*(page for record in RECORDS.values() for page in record.pages))
    found = find_encounters(chart)
    assert [e.id for e in found] == [f"e{n}" for n in range(1, len(found) + 1)]
    assert found[0].start == 0
    assert found[-1].end == len(chart.text)
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert sorted({p for e in found for p in e.pages}) == [p.number for p in chart.pages]


def test_all_records_in_one_chart_keep_their_dates() -> None:
    records = [r for name, r in RECORDS.items() if not name.startswith("bare note")]
    found = find_encounters(chart_of(*(page for record in records for page in record.pages)))
    assert [e.date_of_service for e in found] == [r.date for r in records]


def test_short_encounters_under_each_other_begin_at_their_dated_headings() -> None:
    heading = "Encounter {date} – {kind}\nProvider  Marta Solberg, MD  Encounter date  {date}\n"
    close = "Electronically signed by Marta Solberg, MD on {date}\n"
    days = (("04/08/2025", "Office Visit"), ("07/15/2025", "Telephone"), ("10/14/2025", "Office Visit"))
    notes = (heading.format(date=d, kind=k) + "Blood pressure better.\n" + close.format(date=d) for d, k in days)
    chart = chart_of("Ashby Clinic | Patient: Ruth Okafor | DOB: 03/09/1951\n" + "\n".join(notes))
    assert dates(chart) == ["2025-04-08", "2025-07-15", "2025-10-14"]


def test_notes_written_one_under_the_other_begin_at_their_dates() -> None:
    chart = chart_of(
        "Ilse Hahn, M.D.   Internal Medicine   Ruth Okafor  DOB 3-9-51\n"
        "1-6-25   BP 146/80  P 76\nS: Feet burn.\nA: Neuropathy.\nP: Gabapentin.\nI. Hahn, M.D.\n"
        "4-8-25   BP 138/78  P 92\nS: Flutters.\nA: Atrial fibrillation.\nP: Apixaban.\nI. Hahn, M.D.\n"
        "5-2-25   Nurse visit. B12 given.\nB. Estes, LPN"
    )
    found = find_encounters(chart)
    assert [(e.date_of_service, e.credential) for e in found] == [
        ("2025-01-06", "M.D."),
        ("2025-04-08", "M.D."),
        ("2025-05-02", "LPN"),
    ]


def test_visits_listed_with_a_line_for_a_header_need_no_signature_between() -> None:
    chart = chart_of(
        "Riverbank Clinics   Name: Ruth Okafor   DOB: 03/09/1951\n"
        "Encounter: 03/12/2025   Type: Office visit   Clinician: Marta Solberg, MD (IM)\nGout quiet.\n"
        "Signed electronically: Marta Solberg, MD   03/12/2025 12:15\n"
        "Encounter: 03/26/2025   Type: No show   Clinician: Marta Solberg, MD (IM)\nLetter sent.\n"
        "Encounter: 04/16/2025   Type: Office visit   Clinician: Bo Kess, PA (GI)\nScope done.\n"
        "Signed electronically: Bo Kess, PA   04/16/2025 10:30\n"
    )
    found = find_encounters(chart)
    assert [(e.date_of_service, e.valid) for e in found] == [("2025-03-12", "yes"), ("2025-03-26", "no"), ("2025-04-16", "yes")]
    assert found[1].setting == "administrative"


def test_notes_of_a_stay_on_shared_pages_begin_at_their_dated_titles() -> None:
    head = "LAKE HOSPITAL  CHART\nOKAFOR,RUTH  F 74Y  DOB 03/09/1951\nADMIT 10/05/25  DISCH 10/12/25  ATT: HAHN,ILSE MD\n"
    rule = "-" * 60 + "\n"
    chart = chart_of(
        head
        + "H&P  10/05/25 1840  I. HAHN, MD\nCC: pain.\nA/P: PANCREATITIS.\n/ES/ I. HAHN, MD 10/05/25 2010\n"
        + rule
        + "PROGRESS NOTE  10/06/25 0930  I. HAHN, MD\nS: Better.\nA/P: PANCREATITIS.\n/ES/ I. HAHN, MD 10/06/25 1105\n"
        + rule
        + "NURSING NOTE  10/07/25 0300  J. ABEL, RN\nRestless.\nSleeps now.\n/ES/ J. ABEL, RN 10/07/25 0312\nPAGE 1",
        head
        + "DISCHARGE SUMMARY  10/12/25 1100  I. HAHN, MD\nDIAGNOSES: PANCREATITIS.\n/ES/ I. HAHN, MD 10/12/25 1215\nPAGE 2",
        noise=((0, len(head) - 1),),
    )
    assert dates(chart) == ["2025-10-05", "2025-10-06", "2025-10-07", "2025-10-12"]


def test_a_birth_date_without_a_space_behind_its_comma() -> None:
    pages = [visit(d, dob="03/09/1951") for d in ("05/01/2025", "06/01/2025")]
    chart = chart_of(*pages, visit("07/01/2025", dob="MAR 9,1951"))
    assert [e.valid for e in find_encounters(chart)] == ["yes"] * 3


def test_empty_chart_is_one_unknown_record() -> None:
    (found,) = find_encounters(chart_of(""))
    assert (found.start, found.end, found.valid) == (0, 0, "unknown")


def test_numbered_pages_belong_together() -> None:
    head = "Ashby Clinic\nOffice Visit\nPatient: Ruth Okafor  DOB: 03/09/1951  Date of service: 05/01/2025\n"
    chart = chart_of(
        head + "Chief complaint: cough.\nPage 1 of 2",
        head + "Plan: rest.\nElectronically signed by Marta Solberg, MD 05/01/2025\nPage 2 of 2",
        visit("05/20/2025") + "\nPage 1 of 1",
    )
    found = find_encounters(chart)
    assert [(e.pages, e.date_of_service, e.valid) for e in found] == [
        ((1, 2), "2025-05-01", "yes"),
        ((3,), "2025-05-20", "yes"),
    ]


def test_a_page_without_header_goes_on() -> None:
    chart = chart_of(
        "Ashby Clinic\nOffice Visit\nPatient: Ruth Okafor  DOB: 03/09/1951  Date of service: 05/01/2025\nHPI: long story that",
        "continues here with more detail about her knees.\nPlan: rest.\nElectronically signed by Marta Solberg, MD 05/01/2025",
    )
    assert [e.pages for e in find_encounters(chart)] == [(1, 2)]


def test_same_letterhead_other_date_is_another_record() -> None:
    assert dates(chart_of(visit("01/05/2025"), visit("02/06/2025"), visit("03/07/2025"))) == [
        "2025-01-05",
        "2025-02-06",
        "2025-03-07",
    ]


def test_a_visit_behind_the_report_of_the_same_day_is_a_record_of_its_own() -> None:
    head = "Ashby Clinic\nRuth Okafor | DOB 03/09/1951\n"
    lab = head + "Brookside Laboratories\nCollected 03/04/2025  Reported 03/05/2025\nPotassium  4.1\nPage 1 of 2"
    note = head + "Visit date: 03/04/2025  Type: follow-up\nAssessment: gout, settled.\nMarta Solberg, MD\nPage 2 of 2"
    assert [e.pages for e in find_encounters(chart_of(lab, note))] == [(1,), (2,)]


def test_a_month_that_a_scan_misread_is_mended() -> None:
    chart = chart_of("Emergency Department Record\nPatient: Ruth Okafor  DOB: 03/09/1951\nArrival: 67/03/2025 21:40\nCough.")
    scanned = replace(chart, pages=tuple(replace(page, source="ocr") for page in chart.pages))
    assert dates(chart) == [None]
    assert dates(scanned) == ["2025-07-03"]


def test_a_full_stop_that_a_scan_made_of_a_dates_comma_keeps_the_year() -> None:
    assert dates(chart_of("Office Visit\nPatient: Ruth Okafor\nVisit date: February 27. 2023\nCough, better.")) == [
        "2023-02-27"
    ]


def test_a_log_of_visits_that_open_with_their_day_is_cut_below_each_signature() -> None:
    head = "CareBridge Record   Resident: Ruth Okafor   DOB: 03/09/1951\nVisit log 01-Jan-2025 through 31-Dec-2025\n"
    log = (
        ("11-Mar-2025  Home visit, nurse practitioner", "Lucia Ferrante, ANP-BC"),
        ("14-Mar-2025  Home visit, wound nurse", "Abe Lund, RN"),
        ("02-Apr-2025  Telephone, infectious disease", "Oren Shalev, MD"),
    )
    text = head + "\n".join(
        f"{title}\n{who}\nAssessment: the sore is smaller.\nSame dressing.\nSigned electronically: {who} {title[:11]} 15:20"
        for title, who in log
    )
    found = find_encounters(chart_of(text))
    assert [e.date_of_service for e in found] == ["2025-03-11", "2025-03-14", "2025-04-02"]
    assert [e.credential for e in found] == ["ANP-BC", "RN", "MD"]
    assert found[2].setting == "telehealth_audio"


def test_name_birth_and_number_in_a_footer_without_labels_are_the_patients() -> None:
    note = "Visit Note - March 4, 2025\nGout, settled. Continue allopurinol.\nElectronically Signed By: Anders Holt, MD"
    feet = (
        "Fatima Rahimi   01/29/1970   MRN 7741902",
        "Provider: A. Holt  Fatima Rahimi 01/29/1970 MRN 7741902",
        "Vera Lindh   05/05/1951   MRN 88",
    )
    found = find_encounters(chart_of(*(f"{note}, 03/04/2025\n{foot} Page 1 of 1" for foot in feet)))
    assert [e.patient for e in found] == ["Fatima Rahimi", "Fatima Rahimi", "Vera Lindh"]
    assert [e.valid == "no" for e in found] == [False, False, True]
    assert found[0].date_of_service == "2025-03-04"


def test_a_bill_for_the_copies_has_no_date_of_service() -> None:
    assert dates(chart_of("Invoice for Copies\nBrook Records Service   Invoice date: 9/30/2025\nPages copied 2")) == [None]


def test_page_numbers_of_the_whole_print_do_not_join_records() -> None:
    pages = [visit(f"0{n}/10/2025", clinic=f"Clinic {n}") + f"\nPage {n} of 5" for n in range(1, 6)]
    assert dates(chart_of(*pages)) == [f"2025-0{n}-10" for n in range(1, 6)]


def test_page_numbers_of_the_whole_print_beside_a_record_that_counts_its_own_do_not_join_records() -> None:
    head = "Tidewater Clinic  Vernon Pell | DOB 12/03/1958\n"
    texts = [
        f"{head}Office Visit 0{n}/12/2025\nStable.\nElectronically signed: Ivo Beck, MD 0{n}/12/2025\n{n} of 5"
        for n in (1, 2, 3)
    ]
    summary = "PELL, VERNON DOB 12/03/1958\nDischarge Summary\nAdmitted: 04/15/2025\nRosa Lind, DO\nPage 1 of 1"
    texts += [summary, f"{head}Telephone Encounter 05/06/2025\nCalled.\nIvo Beck, MD, electronically signed 05/06/2025\n5 of 5"]
    assert [e.pages for e in find_encounters(chart_of(*texts))] == [(1,), (2,), (3,), (4,), (5,)]


def test_fax_pages_number_the_transmission_not_the_record() -> None:
    banner = "10/30/2025 09:11  FROM: ASHBY CLINIC 555 010 9000  TO: 5550102222  P. 00{n}/003\n"
    chart = chart_of(
        banner.format(n=1) + visit("01/05/2025"),
        banner.format(n=2) + visit("02/06/2025"),
        banner.format(n=3) + visit("03/07/2025"),
    )
    assert dates(chart) == ["2025-01-05", "2025-02-06", "2025-03-07"]


def test_who_faxed_a_record_on_does_not_say_what_it_is() -> None:
    sent = "10/14/2025 15:40 ASHBY CLINIC  555 010 9000   002/006\n"
    sent_on = "10/30/2025 10:17  RECORDS RETRIEVAL SVC  5550102222   P 03\n"
    (found,) = find_encounters(chart_of(sent_on + sent + visit("01/05/2025")))
    assert (found.setting, found.date_of_service, found.valid) == ("office", "2025-01-05", "yes")


def test_several_records_on_one_page() -> None:
    chart = chart_of(visit("01/05/2025") + "\n" + visit("02/06/2025", title="Progress Note") + "\n" + visit("03/07/2025"))
    found = find_encounters(chart)
    assert [e.date_of_service for e in found] == ["2025-01-05", "2025-02-06", "2025-03-07"]
    assert all(chart.text[e.start : e.end].startswith("Ashby Clinic") for e in found)


def test_a_title_below_a_printed_line_begins_a_record_even_where_the_one_above_is_not_signed() -> None:
    line = "\n" + "-" * 20 + "\n"
    text = line.join(
        (
            "Baker, Sol | DOB 1950-12-01 | Male\nTelephone Note - 02/11/2025\nStaff: Vi Moss, MA\nHe feels better.",
            "Pulmonary Function Test - 03/03/2025\nFEV1 49 %.\nRead by Noor Vance, MD, electronically signed 03/04/2025",
            "Medication List - printed 11/01/2025\napixaban 5 mg\nlisinopril 10 mg",
        )
    )
    found = find_encounters(chart_of(text))
    assert [(e.date_of_service, e.setting) for e in found] == [
        ("2025-02-11", "telehealth_audio"), ("2025-03-03", "lab"), (None, "med_list"),
    ]  # fmt: skip


def test_notes_parted_by_rules_in_plain_text() -> None:
    rule = "=" * 40
    text = f"\n{rule}\n".join(visit(d) for d in ("01/05/2025", "02/06/2025"))
    assert dates(chart_of(text, name="notes.txt")) == ["2025-01-05", "2025-02-06"]


def test_systems_that_print_note_after_note_open_each_with_the_same_line() -> None:
    first, second = (
        f" LOCAL TITLE: {title}\nDATE OF NOTE: {day}@09:00\n AUTHOR: {author}\n"
        f"A/P: stable.\n/es/ {signed}\nSigned: 03/05/2025\n"
        for title, day, author, signed in (
            ("PRIMARY CARE NOTE", "MAR 04, 2025", "HAHN,ILSE", "ILSE HAHN, MD"),
            ("NURSING NOTE", "MAR 02, 2025", "BOP,GERA", "GERA BOP, LPN"),
        )
    )
    footer = "OKAFOR,RUTH L    DOB: 03/09/1951"
    physician, nurse = find_encounters(chart_of(first + second + footer))
    assert (physician.date_of_service, physician.valid, physician.patient) == ("2025-03-04", "yes", "OKAFOR, RUTH L")
    assert (nurse.date_of_service, nurse.valid) == ("2025-03-02", "no")


def test_short_visits_under_one_another_each_have_a_header() -> None:
    visits = (("02/06/2025", "Pia Vane, FNP-BC"), ("02/09/2025", "Joan Petri, RN"), ("02/20/2025", "Mica Strout, LCSW"))
    body = "\n".join(
        f"Encounter date  {day}  Provider  {who}\nType  Visit\nSeen for gout, doing well.\nSigned by: {who} on {day} at 8:02 AM"
        for day, who in visits
    )
    found = find_encounters(chart_of("Harbor Health\n" + body + "\nPatient: Ruth Okafor  DOB: 03/09/1951"))
    assert [e.date_of_service for e in found] == ["2025-02-06", "2025-02-09", "2025-02-20"]
    assert [e.valid == "no" for e in found] == [False, True, False]


def test_a_signed_page_ends_its_record_where_the_next_has_a_header_of_its_own() -> None:
    header = "Harbor Health  Encounter Report"
    first = f"{header}\n{RECORDS['endoscopy'].pages[0]}".replace("HARBOR ENDOSCOPY CENTER\n", "HARBOR SURGERY\n")
    second = f"{header}\n{RECORDS['endoscopy'].pages[0]}"
    bare = chart_of(first, second)
    noise = tuple((page.start, page.start + len(header)) for page in bare.pages)
    assert [e.pages for e in find_encounters(chart_of(first, second, noise=noise))] == [(1,), (2,)]


def test_another_patients_document_under_this_patients_running_header() -> None:
    header = "Okafor, Ruth  DOB: 03/09/1951  MRN 00817264"
    pages = [f"{header}\n{visit(day)}" for day in ("01/05/2025", "02/06/2025", "03/07/2025")]
    pages[1] = pages[1].replace("Patient: Ruth Okafor  DOB: 03/09/1951", "Patient: Walter Brandt  DOB: 11/30/1960")
    bare = chart_of(*pages)
    noise = tuple((page.start, page.start + len(header)) for page in bare.pages)
    assert [e.valid for e in find_encounters(chart_of(*pages, noise=noise))] == ["yes", "no", "yes"]


def test_results_quoted_in_a_note_start_no_record() -> None:
    chart = chart_of(
        "Ashby Clinic\nOffice Visit\nPatient: Ruth Okafor  DOB: 03/09/1951  Date of service: 05/01/2025\n"
        "Chief complaint: follow up\nHPI: doing well.\nMedications\nmetformin 500 mg\nLab results\nCollected:"
        " 04/20/2025\n"
        "A1c 7.1\nEchocardiogram report 04/02/2025: LVEF 60%.\nAssessment: diabetes.\nPlan: continue.\n"
        "Electronically signed by Marta Solberg, MD 05/01/2025"
    )
    (found,) = find_encounters(chart)
    assert (found.date_of_service, found.valid) == ("2025-05-01", "yes")


def test_another_patients_page_does_not_count() -> None:
    chart = chart_of(visit("01/05/2025"), visit("02/06/2025", patient="Ralph Okaford", dob="11/30/1960"), visit("03/07/2025"))
    found = find_encounters(chart)
    assert [e.valid for e in found] == ["yes", "no", "yes"]
    assert "another patient" in found[1].problems[0]
    assert found[1].patient == "Ralph Okaford"


def test_two_patients_on_one_page_are_left_to_the_coder() -> None:
    own = "Running header: Lund, Otis  DOB: 02/03/1950\nOffice Visit  03/04/2025\nPatient: Otis Lund  DOB: 02/03/1950\n"
    page = (
        own
        + "Author: Ada Ruiz, MD\nHPI\nFeels well.\nAssessment and Plan\n1. Gout, quiet.\n"
        + "Electronically signed by Ada Ruiz, MD 03/04/2025"
    )
    mixed = page.replace("Patient: Otis Lund  DOB: 02/03/1950", "Patient: Oskar Lindgren  DOB: 07/08/1971")
    _, record = find_encounters(chart_of(page, mixed.replace("03/04/2025", "05/06/2025")))
    assert record.valid == "unknown"
    assert any("does not agree" in problem for problem in record.problems)


def test_name_order_and_middle_initial_do_not_matter() -> None:
    chart = chart_of(visit("01/05/2025"), visit("02/06/2025", patient="OKAFOR, RUTH L"), visit("03/07/2025", dob="3/9/51"))
    assert [e.valid for e in find_encounters(chart)] == ["yes", "yes", "yes"]


def test_other_name_without_birth_date_does_not_count() -> None:
    other = visit("02/06/2025", patient="Walter Brandt").replace("  DOB: 03/09/1951", "")
    assert [e.valid for e in find_encounters(chart_of(visit("01/05/2025"), other, visit("03/07/2025")))] == [
        "yes",
        "no",
        "yes",
    ]


def test_admission_and_discharge_bound_a_stay() -> None:
    (found,) = find_encounters(chart_of(*RECORDS["discharge summary"].pages))
    assert (found.start_date, found.end_date) == ("2025-08-02", "2025-08-06")
    assert found.at_discharge


def test_cover_sheet_is_no_record() -> None:
    cover = "ASHBY CLINIC\nFAX COVER SHEET\nTo: Chart Retrieval\nFrom: Records\nDate: 10/30/2025\nPages: 12\nRE: R. Okafor"
    found = find_encounters(chart_of(cover, visit("01/05/2025")))
    assert [(e.setting, e.valid, e.date_of_service) for e in found] == [
        ("cover", "no", None),
        ("office", "yes", "2025-01-05"),
    ]


@pytest.mark.parametrize("title", ["Problem List", "Active Problems", "Patient Problem List (as of 10/02/2025)"])
def test_problem_list_alone_does_not_count(title: str) -> None:
    head = "Ashby Clinic  Health Summary\nName: Ruth Okafor | DOB: 03/09/1951"
    page = f"{head}\n{title}\nDiabetes  E11.9  2010\nCOPD  J44.9  2015"
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid, found.date_of_service) == ("problem_list", "no", None)


def test_each_note_of_a_stay_is_a_record_although_all_share_the_dates_of_the_stay() -> None:
    header = "Okafor, Ruth   MRN: 008172   DOB: 3/9/1951\nAdm: 2/3/2025, D/C: 2/9/2025\n"

    def note(title: str, day: str, author: str) -> str:
        return (
            f"{header}{title}\n{title} by {author} at {day} 9:31 AM\nAuthor: {author}   Date of Service: {day} 9:31 AM\n"
            f"Status: Signed\nSubjective: better.\nAssessment: COPD exacerbation, steroids.\n{author}\n"
        )

    pages = [
        note("Progress Notes", "2/5/2025", "Miriam Feld, DO"),
        note("PT Evaluation", "2/6/2025", "Sabine Kruger, PT"),
        note("Consults", "2/7/2025", "Owen Castellan, MD"),
    ]
    noise = tuple((at, at + len(header) - 1) for at in (0, len(pages[0]) + 2, len(pages[0]) + len(pages[1]) + 4))
    assert dates(chart_of(*pages, noise=noise)) == ["2025-02-05", "2025-02-06", "2025-02-07"]


def test_notes_of_a_stay_headed_by_the_word_date_alone_keep_their_days() -> None:
    page = (
        "Willow Hospital   {title}\nOKAFOR, Ruth   DOB 03/09/1951   MRN W-1170   Admitted 09/02/2025\n"
        "Date: {day}   Hospital day\n"
        "Slept five hours.\n1. Bipolar disorder: quetiapine.\nMarta Solberg, MD\nSigned electronically {day} 12:10\n"
    )
    first, second = (page.format(title="Psychiatric Progress Note", day=day) for day in ("09/06/2025", "09/08/2025"))
    assert dates(chart_of(first, second)) == ["2025-09-06", "2025-09-08"]


def test_flow_sheet_is_dated_by_its_last_column() -> None:
    page = (
        "Ashby Clinic\nInfusion flow sheet\nPatient: Ruth Okafor   DOB: 03/09/1951\n"
        "Date  03/05/2025  04/02/2025  05/07/2025\nWeight  141  140  138\nMay Dunn, RN"
    )
    assert dates(chart_of(page)) == ["2025-05-07"]


def test_word_before_the_first_column_of_a_flow_sheet_heads_its_rows() -> None:
    page = (
        "Ashby Clinic   LABORATORY FLOWSHEET\nRuth Okafor   DOB 03/09/1951\n"
        "Test  03/05/25  04/02/25  05/07/25\nCreatinine  1.1  1.2  1.2"
    )
    assert dates(chart_of(page)) == ["2025-05-07"]


def test_page_on_which_the_next_note_opens_continues_the_one_before() -> None:
    opening = " LOCAL TITLE: {}\nDATE OF NOTE: {}@09:00   ENTRY DATE: {}@09:31\n AUTHOR: SOLBERG,MARTA\n"
    header = "OKAFOR,RUTH   DOB: 03/09/1951\n"
    signed = "/es/ MARTA SOLBERG, MD\nSigned: {}\n"
    first = opening.format("PRIMARY CARE NOTE", "MAR 07, 2025", "MAR 07, 2025")
    second = opening.format("CARDIOLOGY NOTE", "MAY 14, 2025", "MAY 14, 2025")
    pages = (
        header + first + "Gout, better.\nHe takes allopurinol.\n",
        header + "Knee is dry.\n" + signed.format("03/07/2025 10:00") + second + "AF, stable.\n" + signed.format("05/14/2025"),
    )
    assert dates(chart_of(*pages)) == ["2025-03-07", "2025-05-14"]


def test_footer_below_the_signature_begins_no_record() -> None:
    page = visit("07/11/2025") + "\nSign off status: Completed\nProgress Note: Nurse 07/11/2025\nNote generated by the EMR"
    assert dates(chart_of(page)) == ["2025-07-11"]


def test_title_below_a_signature_begins_the_next_record_of_the_page() -> None:
    page = (
        "Harbor Counseling\nClient: Ruth Okafor  DOB: 03/09/1951\nPsychotherapy Progress Note\n"
        "Session Date: Wednesday, January 8, 2025  Start 10:02 AM\nClinician: Marta Solberg, PsyD\nMood better.\n"
        "Marta Solberg, PsyD - signed electronically 1/8/2025 5:12 PM\nPsychotherapy Progress Note\n"
        "Session Date: Thursday, February 6, 2025  Start 10:04 AM\nClinician: Marta Solberg, PsyD\nMood as before.\n"
        "Marta Solberg, PsyD - signed electronically 2/6/2025 5:00 PM\nMissed Appointment\n"
        "Scheduled Date: 2/13/2025 10:00 AM\nClient did not call.\n"
        "Marta Solberg, PsyD - signed electronically 2/14/2025 10:40 AM"
    )
    found = find_encounters(chart_of(page))
    assert [(e.date_of_service, e.valid) for e in found] == [
        ("2025-01-08", "yes"), ("2025-02-06", "yes"), ("2025-02-13", "no"),
    ]  # fmt: skip


def test_day_of_a_visit_beside_the_notes_status_is_no_signatures() -> None:
    page = (
        "Lakeshore Pavilion  OKAFOR, Ruth  MRN 7730  DOB 3/9/1951\nSolberg, Marta, MD  Physician\n"
        "Progress Notes     Signed     Encounter Date: 2/4/2025\nSubjective: tired.\nAssessment: CHF, stable.\n"
        "Electronically signed by Solberg, Marta, MD at 2/6/2025  5:51 PM"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.date_of_service, found.problems) == ("2025-02-04", ())


def test_papers_of_a_nursing_facility_are_told_apart() -> None:
    head = (
        "Briar Glen Nursing & Rehabilitation  {0}\nResident: OKAFOR, RUTH   DOB: 03/09/1951   Room 204   Adm: 07/02/2025\n{0}\n"
    )
    sheet = "Admission date  07/02/2025\nS72.141D  Fracture of right femur  06/27/2025\nI50.42  Heart failure  07/02/2025"
    nurse = "Effective Date: 07/05/2025 11:00\nStage 4 ulcer, wound vac on.\nNell Tate, LPN  [e-SIGNED] 07/05/2025 11:08"
    visit = "DOS: 7/15/25   Marta Solberg, M.D.\n1. CHF: torsemide.\nMarta Solberg, MD  Electronically signed 07/16/2025"
    therapy = "Start of Care: 07/03/2025\nGait 5 feet.\nElectronically signed by Gus Ferraro, PT, DPT  07/03/2025"
    papers = {
        "Admission Record": sheet,
        "Skin/Wound Note": nurse,
        "Physician Visit": visit,
        "Physical Therapy Evaluation": therapy,
    }
    found = [find_encounters(chart_of(head.format(title) + text))[0] for title, text in papers.items()]
    assert [(e.date_of_service, e.valid) for e in found] == [
        (None, "no"), ("2025-07-05", "no"), ("2025-07-15", "unknown"), ("2025-07-03", "no"),
    ]  # fmt: skip


def test_title_behind_a_signature_begins_a_record_on_the_next_page_of_a_print_that_counts_its_pages() -> None:
    page = (
        "{title}\nPT: OKAFOR, RUTH  DOB 03/09/1951  ADMIT 10/06/2025\nDATE: {day}  TIME: 1010\n{text}\n"
        "ELECTRONICALLY SIGNED {who} {day} 1105\nCEDAR GROVE HOSPITAL   PG {number}"
    )
    notes = [
        ("PSYCHIATRIST PROGRESS NOTE", "10/08/2025", "Fewer voices.", "MARTA SOLBERG, MD"),
        ("NURSING NOTE", "10/08/2025", "Took meds.", "DOT HAINES, RN"),
        ("GROUP THERAPY NOTE", "10/09/2025", "Quiet.", "KEN ABBOT, LMSW"),
    ]
    pages = [page.format(title=t, day=d, text=x, who=w, number=n) for n, (t, d, x, w) in enumerate(notes, 1)]
    found = find_encounters(chart_of(*pages))
    assert [(e.date_of_service, e.credential) for e in found] == [
        ("2025-10-08", "MD"), ("2025-10-08", "RN"), ("2025-10-09", "LMSW"),
    ]  # fmt: skip


def test_label_of_a_day_below_a_signature_begins_a_record_whatever_its_title() -> None:
    page = (
        "Unity Center\nParticipant: Okafor, Ruth  DOB 03/09/1951\nPodiatry\nDOS 02/06/2025   Elmer Dodd, DPM\n"
        "Nails thick.\nDx: PAD.\nElmer Dodd DPM, e-signed 02/06/2025\nNutrition\nDOS 02/20/2025   Yara Boyd, RD\n"
        "Renal diet.\nYara Boyd RD, e-signed 02/20/2025"
    )
    found = find_encounters(chart_of(page))
    assert [(e.date_of_service, e.valid) for e in found] == [("2025-02-06", "yes"), ("2025-02-20", "no")]


def test_report_of_a_remote_device_check_is_a_test() -> None:
    head = "Unity Center\nPatient: Okafor, Ruth  DOB 03/09/1951\n"
    page = head + "Remote ICD Interrogation Report\nTransmission date: 11 Mar 2025\nAF burden 3 %."
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid) == ("diagnostic_test", "no")


def test_messages_of_a_patient_portal_are_no_visit() -> None:
    page = (
        "OKAFOR, Ruth (id #4120, dob: 03/09/1951)  Harbor Family Practice\nPatient Case\n"
        "Case ID 9811  Opened 02/03/2025 by Ruth Okafor (patient portal)  Status: CLOSED\n"
        "02/03/2025 12:40PM  Marta Solberg, MD  Diabetes often runs high for a week after a shot.\n"
        "Closed by Marta Solberg, MD 02/03/2025 12:41PM"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid, found.provider) == ("patient_form", "no", "Marta Solberg")


def test_foot_of_a_page_that_names_its_document_again_begins_no_record() -> None:
    page = (
        "Result type:   ED Note - Physician\nResult date:   January 17, 2025 03:02 EST\nResult status:   Auth (Verified)\n"
        "Patient: OKAFOR, RUTH   DOB: 03/09/1951\nPerformed by:   Solberg MD, Marta on January 17, 2025 06:44 EST\n"
        "Date of arrival: 01/16/2025\nED course: improved.\nImpression: AF.\nElectronically Signed on 01/17/2025 06:44 EST\n"
        "Solberg MD, Marta\n\n"
        "Result type:  ED Note - Physician   Page 1 of 1\nPrinted by: Oakes, Wendy   Printed on: 02/20/2025"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.date_of_service, found.setting, found.valid) == ("2025-01-17", "ed", "yes")


def test_birth_date_and_visit_without_labels_are_told_apart_by_the_sex_between_name_and_birth() -> None:
    page = (
        "SILVER BIRCH INSTITUTE   {dept}\nOkafor, Ruth | F | 09-Mar-1951 | SB-204418   {day}\n{text}\nMarta Solberg, MD\n"
        "Digitally signed {day} 18:05\n"
    )
    days = ("14-Mar-2025", "20-Mar-2025", "11-Apr-2025")
    found = find_encounters(chart_of(*(page.format(dept="Oncology", day=day, text="Lung cancer, stable.") for day in days)))
    assert [e.date_of_service for e in found] == ["2025-03-14", "2025-03-20", "2025-04-11"]
    assert {e.patient for e in found} == {"Okafor, Ruth"}


def test_dates_of_a_stay_are_those_of_the_stay_and_not_of_the_visit_after_it() -> None:
    page = visit("01/06/2025", title="Transition of care visit") + "\nAdmitted: 12/27/2024\nDischarged: 12/30/2024"
    (found,) = find_encounters(chart_of(page))
    assert (found.start_date, found.end_date) == ("2025-01-06", "2025-01-06")


def test_lines_that_identify_or_sign_are_no_language() -> None:
    text = visit("01/06/2025") + "\nPatient: Ruth Okafor DOB 03/09/1951, a woman with heart failure seen for follow up."
    (found,) = find_encounters(chart_of(text))
    formal = [text[a:b] for a, b in found.formal]
    assert formal == [
        "Patient: Ruth Okafor  DOB: 03/09/1951  Date of service: 01/06/2025",
        "Electronically signed by Marta Solberg, MD on 01/06/2025",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Opioid agreement signed, explained dependence and addiction potential to him.",
        "COPD: DNR signed today.",
        "Okafor, Ruth 03/09/1951 74F w/ CHF, COPD here.",
        "Patient: Ruth Okafor  DOB: 03/09/1951  Dx: CHF, COPD",
        "Admitted: 07/22/2025 CHF",
    ],
)
def test_line_that_says_more_than_who_and_when_stays_language(line: str) -> None:
    text = visit("01/06/2025") + "\n" + line
    (found,) = find_encounters(chart_of(text))
    assert line not in [text[a:b] for a, b in found.formal]


@pytest.mark.parametrize(
    ("head", "signature", "specialty"),
    [
        ("Northgate Kidney Center", "Marta Solberg, MD", "Nephrology"),
        ("Ashby Clinic", "Marta Solberg, MD (Pulmonary Disease)", "Pulmonary disease"),
        ("Ashby Clinic", "Marta Solberg, M.D.\nInterventional Radiology", "Interventional radiology"),
        ("Ashby Clinic\nAuthor: Marta Solberg, MD   Service: Hospital Medicine", "Marta Solberg, MD", "Hospitalist"),
        ("Ashby Clinic", "Marta Solberg, DPM", "Podiatry"),
        ("Ashby Clinic", "Marta Solberg, MD - IM", "Internal medicine"),
        ("Ashby Clinic\nSpecialty: FM", "Marta Solberg, DO", "Family practice"),
        ("Ashby Clinic", "Marta Solberg, PA (GI)", "Gastroenterology"),
        ("Ashby Clinic\nReferred by cardiology", "Marta Solberg, MD", None),
        ("Ashby Clinic", "Marta Solberg, MD\ncc: Lars Holt, MD, Cardiology", None),
        ("Northgate Kidney Center", "Marta Solberg, RN", None),
    ],
)
def test_specialty_of_the_provider(head: str, signature: str, specialty: str | None) -> None:
    page = (
        f"{head}\nOffice Visit\nPatient: Ruth Okafor  DOB: 03/09/1951  DOS: 05/01/2025\nChief complaint: follow up\n"
        f"Assessment: diabetes, stable.\nPlan: continue.\nElectronically signed by {signature}\n05/01/2025"
    )
    (found,) = find_encounters(chart_of(page))
    assert found.specialty == specialty


def test_a_diagnostic_radiologist_is_no_acceptable_provider() -> None:
    page = visit("05/01/2025") + ", Diagnostic Radiology"
    (found,) = find_encounters(chart_of(page))
    assert (found.specialty, found.valid) == ("Diagnostic radiology", "no")
    assert "The provider's specialty (diagnostic radiology) is not on CMS's list of acceptable ones." in found.problems


def test_medication_list_alone_does_not_count() -> None:
    page = "Ashby Clinic\nRuth Okafor  DOB: 03/09/1951\nMedication List\nmetformin 500 mg twice a day\nlisinopril 10 mg"
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid) == ("med_list", "no")


@pytest.mark.parametrize(
    ("line", "valid"),
    [
        ("Document status: entered in error", "no"),
        ("This note was entered in error - please disregard", "no"),
        ("Erroneous encounter", "no"),
        ("Client did not show for appointment. Called, left voicemail.", "no"),
        ("Allergy entered in error: penicillin, removed today.", "yes"),
        ("He did not show up for physical therapy in May.", "yes"),
    ],
)
def test_a_record_that_was_taken_back_or_tells_of_no_visit_does_not_count(line: str, valid: str) -> None:
    head = "Patient: Ruth Okafor  DOB: 03/09/1951\nOffice Visit\nDate of service: 06/03/2025\n"
    (found,) = find_encounters(
        chart_of(f"{head}{line}\nAsthma, on an inhaler.\nElectronically signed by Marta Solberg, MD 06/03/2025")
    )
    assert found.valid == valid


@pytest.mark.parametrize(
    "line",
    [
        "Patient seen face to face on dialysis 02/12/2025",
        "Seen on dialysis by Marcy Bell, NP on 02/12/2025",
        "Resident was seen in her room 02/12/2025",
    ],
)
def test_the_day_a_note_says_the_patient_was_seen_comes_before_the_signatures(line: str) -> None:
    head = "Patient: Ruth Okafor  DOB: 03/09/1951\nMonthly Dialysis Visit"
    text = f"{head}\n{line}\nAnemia: Epogen.\nMarcy Bell, NP, e-signed 02/14/2025"
    assert find_encounters(chart_of(text))[0].date_of_service == "2025-02-12"


def test_a_fellows_note_that_is_uncosigned_is_not_signed() -> None:
    text = (
        "Patient: Ruth Okafor  DOB: 03/09/1951\nOffice Visit  Date of service: 08/14/2025\n  EXP COSIGNER: HART,PAULA\n"
        "  STATUS: UNCOSIGNED\nHeart failure, stable.\n/es/ JON EVANS, MD\nCARDIOLOGY FELLOW\nSigned: 08/14/2025 09:00"
    )
    assert find_encounters(chart_of(text))[0].signed is False


def test_the_title_of_a_record_before_its_number_is_no_patients_name() -> None:
    text = (
        "Coastal Hospital  OKAFOR, RUTH\nDISCHARGE SUMMARY  MRN 00412290 DOB 03/09/1951\nAdmitted: 04/15/2025\n"
        "Electronically signed by Rosa Lind, DO 04/22/2025"
    )
    (found, _) = find_encounters(
        chart_of(text, "Patient: Okafor, Ruth  DOB: 03/09/1951\nOffice Visit 05/01/2025\nIvo Beck, MD")
    )
    assert found.patient is None or "OKAFOR" in found.patient.upper()


def test_two_digit_years_of_birth_stay_in_the_past() -> None:
    found = find_encounters(chart_of(visit("01/05/2025", dob="3/9/44"), visit("02/06/2025", dob="03/09/1944")))
    assert [e.valid for e in found] == ["yes", "yes"]


@pytest.mark.parametrize(
    ("closing", "signed"),
    [
        ("Provider: Ruben Castellane, MD 03/11/2025 5:14 PM Document authenticated", True),
        ("Provider: Ruben Castellane, MD 03/11/2025 5:14 PM Document status: pending authentication", False),
        ("Ruben Castellane, MD  Document not yet authenticated", False),
    ],
)
def test_a_document_is_signed_once_its_system_authenticated_it(closing: str, signed: bool) -> None:
    text = (
        "Patient: Edda Larkspur   DOB: 04/09/1951\nOffice Visit 03/11/2025\nReason: cough and wheeze for a week.\n"
        "Exam: wheeze at both bases.\nAssessment: COPD, on Stiolto.\nPlan: prednisone for five days.\n"
    )
    (found,) = find_encounters(chart_of(text + closing))
    assert found.signed is signed


@pytest.mark.parametrize(
    ("line", "signed"),
    [
        ("Status: in progress", False),
        ("State: open", False),
        ("Type: progress note | State: transcribed", False),
        ("Encounter status: open", False),
        ("03/11/2025 Status: pending", False),
        ("HIV status: pending", None),
        ("Sacral wound state: open", None),
        ("Vaccination status: incomplete", None),
    ],
)
def test_only_the_documents_own_state_tells_that_it_is_not_signed(line: str, signed: bool | None) -> None:
    text = f"Patient: Edda Larkspur   DOB: 04/09/1951\nOffice Visit 03/11/2025\n{line}\nAssessment: COPD, on Stiolto.\n"
    (found,) = find_encounters(chart_of(text))
    assert found.signed is signed


def test_signature_date_stands_in_for_a_missing_date_of_service() -> None:
    page = (
        "Ashby Clinic\nOffice Visit\nPatient: Ruth Okafor  DOB: 03/09/1951\nAssessment: diabetes, stable.\nPlan:"
        " continue.\n"
        "Electronically signed by Marta Solberg, MD on 05/01/2025"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.date_of_service, found.valid) == ("2025-05-01", "unknown")
    assert any("taken from the signature" in p for p in found.problems)


@pytest.mark.parametrize(
    "text", ["word " * 40_000, "A" * 200_000, "Jane " * 20_000 + "MD", "1/" * 50_000, "SIGNED BY " * 5_000]
)
def test_no_text_makes_the_rules_slow(text: str) -> None:
    started = time.process_time()
    find_encounters(chart_of(text))
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "prose",
    [
        "HbSS crisis: Hb SS VOC, PCA dilaudid, pain 8 to 5.",
        "Cor CTA, CAC 220, LAD 50 % stenosis.",
        "Hx HCV IVDU, MAC infection.",
        "HFrEF EF 25, Entresto, Coreg, CRT, NYHA II.",
    ],
)
def test_a_short_form_in_a_sentence_is_no_credential_of_a_provider(prose: str) -> None:
    (encounter,) = find_encounters(chart_of(prose))
    assert (encounter.provider, encounter.valid) == (None, "unknown")
    (signed,) = find_encounters(chart_of(prose + "\n\nRosa Lindqvist, RN"))
    assert (signed.provider, signed.credential) == ("Rosa Lindqvist", "RN")


def test_of_births_that_are_named_as_often_every_run_takes_the_same_one_for_the_patients() -> None:
    births = [date(year, 3, 9) for year in range(1931, 1961)]
    numbers = [str(100_000 + n) for n in range(30)]
    found = chart_identity([Identity((), frozenset(births), frozenset(numbers), scanned=False)])
    # A set gives its members in another order in every process.
    assert found.births == {births[0]}
    assert found.numbers == set(numbers[:6])


def test_a_stays_two_days_in_the_header_date_the_admission_note_by_the_first_and_leave_it_before_discharge() -> None:
    page = (
        "Willow Hospital   {title}\nOKAFOR, Ruth   MRN W-1170\nDOB 03/09/1951   F   Admit 02/02/2025   Discharge 02/08/2025\n"
        "Attending: Marta Solberg, MD\n{text}\nElectronically signed by Marta Solberg, MD {day} 13:06"
    )
    summary = page.format(title="DISCHARGE SUMMARY", text="Discharge diagnoses\n1. Probable pneumonia.", day="02/08/2025")
    history = page.format(title="HISTORY AND PHYSICAL", text="Assessment\n1. Rule out pneumonia.", day="02/02/2025")
    found = find_encounters(chart_of(summary, history))
    assert [(e.date_of_service, e.ongoing) for e in found] == [("2025-02-08", False), ("2025-02-02", True)]


def test_a_flow_sheet_behind_the_signed_note_of_its_visit_is_a_record_of_its_own() -> None:
    head = "Cedar Cancer Center   Encounter 01/23/2025\nOKAFOR, Ruth   DOB 03/09/1951\n"
    note = head + "Medical Oncology Follow-up\nAssessment\n1. Myeloma.\nElectronically signed by Marta Solberg, MD 01/23/2025"
    sheet = head + "TREATMENT FLOW SHEET\nDate  11/27/2024  12/26/2024  01/23/2025\nANC  1.2  1.3  0.9\nDx: myeloma"
    assert [(e.pages, e.valid) for e in find_encounters(chart_of(note, sheet))] == [((1,), "yes"), ((2,), "no")]


def test_a_suppliers_delivery_ticket_is_no_visit() -> None:
    page = (
        "Breeze Home Oxygen\nDELIVERY TICKET\nTicket 81   Delivery date: 03/25/2025\nPatient: Ruth Okafor   DOB: 03/09/1951\n"
        "Ordering physician: Marta Solberg, MD   Diagnosis: COPD\nDelivered by: R. Hall"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid) == ("dme", "no")


def test_a_therapists_note_of_a_nursing_facilitys_resident_is_the_facilitys() -> None:
    page = (
        "Orchard Nursing and Rehab   Therapy\nPHYSICAL THERAPY DAILY NOTE\n"
        "Resident: Okafor, Ruth   DOB 03/09/1951   Date: 06/11/2025\n"
        "Subjective: sore.\nAssessment: left hemiparesis after stroke.\nPlan: five times a week.\n"
        "Cleo Mbeki, PT, DPT   electronically signed 06/11/2025"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid) == ("snf", "no")


@pytest.mark.parametrize(
    ("title", "setting"),
    [
        ("Phone -> video visit", "telehealth_video"),
        ("Phone visit", "telehealth_audio"),
        ("Podiatry nursing home round", "snf_visit"),
        ("Nursing visit", "nurse"),
    ],
)
def test_the_title_tells_what_a_visit_became_and_a_home_from_its_nurses(title: str, setting: str) -> None:
    (found,) = find_encounters(chart_of(visit("05/01/2025").replace("Office Visit", title)))
    assert found.setting == setting


@pytest.mark.parametrize(
    ("title", "setting"),
    [
        ("LABORATORY FLOWSHEET", "lab"),
        ("UTILIZATION MANAGEMENT - NOTICE OF APPROVAL", "administrative"),
        ("Patient Prescription Profile", "med_list"),
        ("Document Type: Surgical Pathology", "pathology"),
        ("Basic metabolic panel (Final result)", "lab"),
        ("State application for a disabled parking placard", "administrative"),
        ("Visit history", "summary"),
    ],
)
def test_papers_that_tell_of_no_visit_are_known_by_their_titles(title: str, setting: str) -> None:
    page = f"Harbor Health\n{title}\nPatient: Ruth Okafor   DOB: 03/09/1951\nDate 02/01/2025   Lithium   Dx: bipolar disorder"
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid) == (setting, "no")


def test_a_visit_behind_a_stay_is_a_record_of_its_own_although_it_names_the_day_the_stay_ended() -> None:
    stay = (
        "Winslow Hospital\nDischarge Summary\nPatient: Ruth Okafor   DOB: 03/09/1951\n"
        "Admission date: 03/11/2025\nDischarge date: 03/17/2025\nStroke, to rehabilitation."
    )
    after = (
        "Harbor Oaks Nursing\nAttending Physician Visit\nResident: Ruth Okafor   DOB: 03/09/1951   Admit date: 03/17/2025\n"
        "Date of visit: 04/15/2025\nS: walks.\nA/P: Hemiparesis: therapy.\nAbe Lund, MD   04/15/2025"
    )
    assert dates(chart_of(stay, after)) == ["2025-03-17", "2025-04-15"]


def test_a_pulse_at_the_top_of_a_page_is_no_page_number() -> None:
    page = "HomeFirst Partners   In-Home Evaluation\nMember: Ruth Okafor   Page {n} of 3\n{text}"
    pages = (
        page.format(n=1, text="Date of Service: 07/10/2025   DOB: 03/09/1951\nHistory: gout"),
        page.format(n=2, text="BP 136/74 P 78 irregular   Wt 154\nLungs clear.\nJoints quiet."),
        page.format(n=3, text="Plan: allopurinol.\nElectronically signed by Abe Lund, NP 07/10/2025 16:44"),
    )
    assert dates(chart_of(*pages)) == ["2025-07-10"]


def test_a_box_left_empty_tells_no_setting() -> None:
    page = visit("07/15/2025", title="☐ New patient  ☒ Established  ☐ Telehealth visit")
    assert [e.setting for e in find_encounters(chart_of(page))] == ["office"]


@pytest.mark.parametrize(
    ("title", "setting"),
    [
        ("CARDIAC CATHETERIZATION REPORT", "outpatient_hospital"),
        ("Left Heart Catheterization Procedure Note", "outpatient_hospital"),
        ("ECHOCARDIOGRAM REPORT", "diagnostic_test"),
    ],
)
def test_a_catheterization_is_a_physicians_procedure_and_an_echo_a_test(title: str, setting: str) -> None:
    page = (
        f"St. Alda Hospital\n{title}\nPatient: Ruth Okafor   DOB: 03/09/1951   Procedure date: 01/15/2025\n"
        "Findings: LVEDP 24.\nConclusions: cardiomyopathy.\nElectronically signed by Marta Solberg, MD 01/15/2025"
    )
    assert [e.setting for e in find_encounters(chart_of(page))] == [setting]


def test_an_electronic_signature_on_file_signs() -> None:
    page = (
        visit("03/18/2025").rsplit("\n", 1)[0] + "\nSigned: Marta Solberg, MD   Date: 03/18/2025 (electronic signature on file)"
    )
    assert [e.signed for e in find_encounters(chart_of(page))] == [True]


def test_a_letter_that_asks_something_of_the_patient_is_no_visit() -> None:
    page = (
        "HomeFirst Partners\nDate: 07/28/2025\nRuth Okafor\nDear Ms. Okafor,\nThank you for completing your in-home visit.\n"
        "Conditions discussed: diabetes, heart failure.\nPlease schedule your eye exam.\nMember services"
    )
    (found,) = find_encounters(chart_of(page))
    assert (found.setting, found.valid) == ("result_letter", "no")


def test_a_namesake_with_another_birth_date_is_another_patient_on_scans_too() -> None:
    own, other = visit("05/05/2025"), visit("05/20/2025", patient="Ruthe Okafor", dob="11/14/1961")
    chart = chart_of(own, own.replace("05/05", "05/06"), other)
    scanned = replace(chart, pages=tuple(replace(p, source="ocr") for p in chart.pages))
    assert [e.valid for e in find_encounters(scanned)] == ["yes", "yes", "no"]


def test_a_remote_report_is_dated_by_its_transmission_and_not_by_who_reviewed_it() -> None:
    page = (
        "Ashby Clinic\nDEVICE CLINIC REMOTE TRANSMISSION REPORT\nPatient: Ruth Okafor   DOB: 03/09/1951\n"
        "Transmission date: 09/04/2025\nReviewed by Marta Solberg, MD 09/05/2025"
    )
    assert dates(chart_of(page)) == ["2025-09-04"]


def test_visits_that_share_the_stamp_of_the_fax_that_brought_them_are_told_apart_by_their_dates() -> None:
    stamp = "From: Harbor Family Practice  Fax 555-555-0177  12/04/2025 08:11AM"
    texts = [
        f"{stamp}\nName: Ruth Okafor   D.O.B.: 3/9/1951   Date: {day}\nCC: check\nA: gout, allopurinol.\n"
        f"Electronically signed by Abe Lund, NP on {day}"
        for day in ("2/6/2025", "5/8/2025")
    ]
    second = len(texts[0]) + len(PAGE_BREAK)
    header = len(texts[0].split("\nCC")[0])
    chart = chart_of(*texts, noise=((0, header), (second, second + header)))
    assert dates(chart) == ["2025-02-06", "2025-05-08"]


def test_a_page_with_an_addendum_belongs_to_the_note_before_it() -> None:
    header = "Okafor, Ruth   Progress Notes: Abe Lund, MD\n"
    note = (
        "Patient: Ruth Okafor   DOB: 03/09/1951\nDate: 08/05/2025\nSubjective: toe sore\nExam: red\nAssessment: gout\n"
        "Electronically signed by Abe Lund, MD on 08/06/2025"
    )
    added = "Addendum:\n08/11/2025 09:30 AM Lund, Abe > uric acid 5.1, same dose."
    start = len(header + note) + len(PAGE_BREAK)
    chart = chart_of(header + note, header + added, noise=((0, len(header) - 1), (start, start + len(header) - 1)))
    assert dates(chart) == ["2025-08-05"]


def test_the_subject_of_a_message_and_the_label_of_an_account_are_no_patients() -> None:
    page = (
        "Patient message\nSubject: dizzy on new dose\nAcc No. 55021   DOB: 03/09/1951\n"
        "Since Monday I am dizzy.\nTamsin Rourke, RN   02/03/2025"
    )
    (found,) = find_encounters(chart_of(visit("05/05/2025"), page))[1:]
    assert found.patient not in {"dizzy on new dose", "Acc No."}


def test_a_certificate_of_need_is_dated_by_its_first_day_and_not_by_the_test_before_it() -> None:
    page = (
        "CERTIFICATE OF MEDICAL NECESSITY\nPatient: Ruth Okafor   DOB: 03/09/1951\nInitial date: 06/24/2025\n"
        "1. Saturation 83%   Test date: 06/19/2025\nPhysician's signature: A. Lund MD   6/24/25"
    )
    assert dates(chart_of(page)) == ["2025-06-24"]


@pytest.mark.parametrize(
    ("title", "days"),
    [
        ("Crisis Unit - Discharge Note", "Admit: 03/02/2025   Discharge: 03/09/2025"),
        ("Acute Stay Summary", "Admission/Discharge: 03/02/2025 - 03/09/2025"),
        ("Discharge Summary", "Admission date: 03/02/2025\nDischarge date: 03/09/2025"),
    ],
)
def test_what_is_written_at_the_end_of_a_stay_bears_its_last_day(title: str, days: str) -> None:
    page = (
        f"Riverbend Hospital\n{title}\nPatient: Ruth Okafor   DOB: 03/09/1951\n{days}\nFinal diagnoses\nSepsis, resolved.\n"
        "Course: antibiotics.\nTo home.\nElectronically signed by Abe Lund, MD 03/10/2025 08:11"
    )
    assert dates(chart_of(page)) == ["2025-03-09"]


def test_a_summary_of_radiation_bears_the_day_of_the_last_treatment() -> None:
    page = (
        "Three Rivers Radiation Oncology\nTREATMENT SUMMARY\nPatient: Ruth Okafor   DOB: 03/09/1951\nDose: 60 Gy\n"
        "First treatment: 12/09/2024   Last treatment: 01/22/2025\nTolerance: good\nPlan: scan\n"
        "Abe Lund, MD   Electronically signed 01/24/2025"
    )
    assert dates(chart_of(page)) == ["2025-01-22"]


def test_a_mental_health_specialist_without_a_license_is_no_acceptable_provider() -> None:
    page = visit("02/11/2025").rsplit("\n", 1)[0] + "\nSigned electronically: Tobin Ashe, QMHS   02/11/2025"
    (found,) = find_encounters(chart_of(page))
    assert (found.credential, found.valid) == ("QMHS", "no")
