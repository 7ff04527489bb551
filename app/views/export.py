"""What leaves the tool: the codes that people accepted, as CSV, XLSX, JSON, FHIR, or an audit sheet; and, for who asks, a
risk score."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from app import chrome, components, fields, session
from app.charts import chart_file
from hccassist.review import export
from hccassist.review.audit_sheet import SheetChart, audit_sheet
from hccassist.review.fhir_export import to_fhir
from hccassist.review.risk_score import DUAL, Member, risk_score

SHOWN = ["chart", "date_of_service", "provider", "icd10", "description", "hcc_v28", "origin", "decided_by"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ALL = "*"
"""The choice of all charts, which no chart is called."""


def sheet(charts: list[str]) -> bytes:
    """The audit sheet of some charts."""
    store = session.store()
    ids = [r.id for r in store.worklist(session.results_folder()) if r.chart in charts]
    opened = [o for number in ids if (o := store.open_chart(number)) is not None]
    return audit_sheet([SheetChart(o, chart_file(o).path) for o in opened], _now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def score(table: list[export.ExportRow]) -> None:
    """The risk score of one chart's codes of one year, once what the model asks about the person is filled in."""
    years = sorted({r.date_of_service[:4] for r in table if r.date_of_service})
    if not years:
        st.text("No accepted code has a date of service.")
        return
    year_column, age_column, sex_column, dual_column, origin = st.columns([1, 1, 1, 2, 2], vertical_alignment="bottom")
    with year_column:
        year = int(fields.picked("Service year", "risk-year", {y: y for y in years}, years[-1]))
    with age_column:
        age = int(fields.number("Age on 1 February after", "risk-age", (0, 120, 1), 70))
    with sex_column:
        sex = fields.picked("Sex", "risk-sex", {"F": "F", "M": "M"}, "F")
    with dual_column:
        dual = fields.picked("Medicaid", "risk-dual", DUAL, next(iter(DUAL)))
    with origin:
        disabled = fields.ticked("First entitled by disability", "risk-disabled")
    codes = [r.icd10 for r in table if r.date_of_service.startswith(str(year))]
    found = risk_score(codes, Member(age, sex, dual, disabled), year)
    st.text(f"V28, payment year {found.payment_year}: {found.score:.3f}, of which demographics {found.demographics:.3f}. "
            "Raw: neither normalized nor adjusted for coding intensity.")  # fmt: skip
    if found.payment_year != year + 1:
        st.text(f"The tables of payment year {year + 1} are not at hand: those of {found.payment_year} were used.")
    rows = [[f"HCC {c}", label, f"{weight:.3f}"] for c, label, weight in found.hccs]
    rows += [["interaction", name, f"{weight:.3f}"] for name, weight in found.interactions]
    rows += [[f"HCC {c}", "replaced by a more severe one of its hierarchy", ""] for c in found.trumped]
    components.table(key="score", data={"columns": ["", "label", "weight"], "rows": rows})


def main() -> None:
    """Show the accepted codes and offer them as files."""
    session.require("export")
    summary = session.import_results()
    if summary is None:
        return
    accepted = session.store().accepted(session.results_folder())
    table = export.rows(accepted)
    names = list(dict.fromkeys(row.chart for row in table))
    count = chrome.counted(len(table), "accepted code")
    st.markdown(f"**{count}** in {len(names)} of {summary.charts} charts. Only what a person accepted, "
                "changed or added is here; queries, escalations and rejections stay in the record.")  # fmt: skip
    if not table:
        return
    which, csv, xlsx, json, fhir, pdf = st.columns([4, 1, 1, 1, 1, 2], vertical_alignment="bottom")
    with which:
        chart = fields.picked("Charts", "export-charts", {ALL: "All charts", **{name: name for name in names}}, ALL)
    if chart != ALL:
        table = [row for row in table if row.chart == chart]
        accepted = [(name, state) for name, state in accepted if name == chart]
        names = [chart]
    chrome.download(csv, "CSV", lambda: export.to_csv(table), "accepted_codes.csv", "text/csv")
    chrome.download(xlsx, "XLSX", lambda: export.to_xlsx(table), "accepted_codes.xlsx", XLSX)
    chrome.download(json, "JSON", lambda: export.to_json(table), "accepted_codes.json", "application/json")
    chrome.download(fhir, "FHIR", lambda: to_fhir(accepted, _now()), "accepted_codes.fhir.json", "application/fhir+json")
    chrome.download(pdf, "Audit sheet (PDF)", lambda: sheet(names), "audit_sheet.pdf", "application/pdf")
    rows = [[getattr(row, name) for name in SHOWN] for row in table]
    components.table(key="accepted", data={"columns": [name.replace("_", " ") for name in SHOWN], "rows": rows})
    if chart != ALL and fields.ticked("Risk score and hierarchies", "risk"):
        score(table)


main()
