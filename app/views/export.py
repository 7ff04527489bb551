"""What leaves the tool: the codes that people accepted, as CSV, XLSX or JSON."""

from __future__ import annotations

import streamlit as st

from app import components, session
from hccassist.review import export

SHOWN = ["chart", "date_of_service", "provider", "icd10", "description", "hcc_v28", "origin", "decided_by"]


def main() -> None:
    """Show the accepted codes and offer them as files."""
    session.require("export")
    summary = session.import_results()
    if summary is None:
        return
    accepted = session.store().accepted(session.results_folder())
    table = export.rows(accepted)
    charts = len({row.chart for row in table})
    st.markdown(f"**{len(table)} accepted codes** in {charts} of {summary.charts} charts. Only what a person accepted, "
                "changed or added is here; queries, escalations and rejections stay in the record.")  # fmt: skip
    if not table:
        return
    left, middle, right, _ = st.columns([1, 1, 1, 5])
    left.download_button("CSV", export.to_csv(table), "accepted_codes.csv", "text/csv", width="stretch")
    middle.download_button(
        "XLSX", export.to_xlsx(table), "accepted_codes.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", width="stretch",
    )  # fmt: skip
    right.download_button("JSON", export.to_json(table), "accepted_codes.json", "application/json", width="stretch")
    rows = [[getattr(row, name) for name in SHOWN] for row in table]
    components.table(key="accepted", data={"columns": [name.replace("_", " ") for name in SHOWN], "rows": rows})


main()
