"""Forms: ruled tables are read row by row, rings and ticks drawn by hand say which choice was made."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reading_files import PROSE, image_pdf, lines, pdf, scan, together
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from hccassist.encounters import find_encounters
from hccassist.nlp.choices import read_choice
from hccassist.reading import read_chart
from hccassist.schema import Chart

ROWS = (
    ("Condition", "Answer of the clinic", "What was seen and what is planned"),
    ("Type 2 diabetes with kidney disease", "agree", "Sugar well kept, kidney figures steady, same tablets, a test in spring"),
    ("Emphysema", "disagree", "Breath tests were normal twice and she has never smoked in her life, inhaler stopped"),
    ("Heart failure of the weak kind", "agree", "No swelling, weighs herself daily, the water tablet stays as it is for now"),
    ("Gout", "agree", "No attack since last year on allopurinol"),
)  # fmt: skip


def read(tmp_path: Path, data: bytes, name: str = "form.pdf") -> Chart:
    path = tmp_path / name
    path.write_bytes(data)
    return read_chart(path, name)


def ruled(rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...], rules: str = "GRID") -> bytes:
    """A page with a table whose cells wrap; ``rules``: GRID all lines, INNERGRID none at the outer sides."""
    style = getSampleStyleSheet()["BodyText"]
    cells = [[Paragraph(text, style) for text in row] for row in rows]
    out = io.BytesIO()
    lined: Any = [("VALIGN", (0, 0), (-1, -1), "TOP"), (rules, (0, 0), (-1, -1), 0.6, "black")]
    if rules == "INNERGRID":
        lined += [("LINEABOVE", (0, 0), (-1, 0), 0.6, "black"), ("LINEBELOW", (0, -1), (-1, -1), 0.6, "black")]
    SimpleDocTemplate(out).build([Table(cells, colWidths=widths, style=TableStyle(lined))])
    return out.getvalue()


@pytest.mark.parametrize("rules", ["GRID", "INNERGRID"])
def test_rows_of_a_ruled_table_stay_whole_however_their_cells_wrap(tmp_path: Path, rules: str) -> None:
    text = read(tmp_path, ruled(ROWS, (110, 90, 250), rules)).text
    for row in ROWS:
        assert "  ".join(row) in text


def test_rows_of_a_scanned_table_stay_whole(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    text = read(tmp_path, image_pdf(scan(ruled(ROWS, (110, 90, 250)), turn=0.6))).text
    for label, _, remark in ROWS[1:]:
        line = next(line for line in text.split("\n") if label.split()[0] in line)
        assert sum(word in line for word in remark.split()) >= 0.8 * len(remark.split())


def test_a_cell_that_holds_a_list_keeps_its_lines(tmp_path: Path) -> None:
    items = "<br/>".join(("1. Walk every day", "2. Less salt", "3. Weigh in the morning"))
    text = read(tmp_path, ruled((("Item", "What to do"), ("Plan", items), ("Return", "in spring")), (110, 250))).text
    assert "\n2. Less salt\n3. Weigh in the morning\n" in text


def test_columns_of_text_between_lines_are_no_table(tmp_path: Path) -> None:
    left = [line[:38].rsplit(" ", 1)[0] for line in PROSE]
    right = [line[:40].rsplit(" ", 1)[0].upper() for line in reversed(PROSE)]

    def frame(canvas: Canvas) -> None:
        canvas.rect(50, 560, 500, 180)

    chart = read(tmp_path, pdf(together(frame, lines(left, x=60, y=720), lines(right, x=320, y=720))))
    assert chart.text.index(left[-1]) < chart.text.index(right[0])


def form(canvas: Canvas) -> None:
    """Rows of three choices; the second of each is ringed, as a hand does it: not quite round, not quite level."""
    lines(["Valley Home Visits", "Member: Otis Lund   Date of visit: 04/11/2025"], y=740, size=12)(canvas)
    for n, label in enumerate(("Asthma", "Gout", "Anemia", "Epilepsy")):
        y = 660 - 34 * n
        lines([label], y=y, size=12)(canvas)
        for k, choice in enumerate(("Active", "History", "None")):
            lines([choice], x=200 + 75 * k, y=y, size=12)(canvas)
        canvas.setLineWidth(1.3)
        canvas.ellipse(266, y - 6, 325, y + 14)
    lines(PROSE, y=480, size=12, step=18)(canvas)


def test_ringed_choices_are_marked_and_read(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    chart = read(tmp_path, image_pdf(scan(pdf(form), turn=-0.7)))
    for label in ("Asthma", "Gout", "Anemia", "Epilepsy"):
        assert f"{label}  Active  ◉ History  None" in chart.text
    assert chart.text.count("◉") == 4
    ring = next(w for w in chart.pages[0].words if chart.text[w.start : w.end] == "◉")
    assert 255 < ring.box[0] < 285


def test_rings_aslant_and_over_the_line_of_a_table(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")

    def draw(canvas: Canvas) -> None:
        lines(["Valley Home Visits", "Member: Otis Lund   Date of visit: 04/11/2025"], y=740, size=12)(canvas)
        for n, label in enumerate(("Asthma", "Gout", "Anemia")):
            y = 660 - 40 * n
            canvas.setLineWidth(0.6)
            canvas.grid([66, 194, 540], [y - 14, y + 26])
            lines([label], y=y, size=12)(canvas)
            for k, choice in enumerate(("Active", "History", "None")):
                lines([choice], x=200 + 75 * k, y=y, size=12)(canvas)
            canvas.saveState()
            canvas.setLineWidth(1.2)
            canvas.translate(217 + 75 * (n % 2), y + 4)
            canvas.rotate(5)
            canvas.ellipse(-28, -10, 28, 10)
            canvas.restoreState()
        lines(PROSE, y=480, size=12, step=18)(canvas)

    text = read(tmp_path, image_pdf(scan(pdf(draw), turn=-0.7))).text
    for label, ringed in (("Asthma", "Active"), ("Gout", "History"), ("Anemia", "Active")):
        row = next(line for line in text.splitlines() if label in line)
        assert row.count("◉") == 1
        assert row.split("◉")[1].split()[0] == ringed


def test_rings_that_touch_from_row_to_row_are_told_apart(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    labels = ("Asthma", "Gout", "Anemia", "Epilepsy")

    def draw(canvas: Canvas) -> None:
        canvas.setLineWidth(0.6)
        canvas.grid([66, 194, 400], [600 + 17 * n for n in range(5)])
        for n, label in enumerate(labels):
            y = 605 + 17 * n
            for x, text in ((72, label), (204, "Yes"), (250, "No")):
                lines([text], x=x, y=y, size=11)(canvas)
            canvas.setLineWidth(1.2)
            left = 198 if n % 2 else 243
            canvas.ellipse(left, y - 5.5, left + 31, y + 12.5)
        lines(PROSE, y=480, size=12, step=18)(canvas)

    rows = read(tmp_path, image_pdf(scan(pdf(draw)))).text.splitlines()
    for n, label in enumerate(labels):
        row = next(row for row in rows if label in row)
        assert row.count("◉") == 1, row
        assert row.split("◉")[1].split()[0] == ("Yes" if n % 2 else "No")


def test_a_ring_around_two_lines_chooses_what_stands_on_both(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")

    def draw(canvas: Canvas) -> None:
        canvas.setLineWidth(0.6)
        canvas.grid([66, 194, 400, 540], [600, 640, 680])
        for y, label in ((663, "Heart failure"), (623, "Asthma")):
            lines([label], x=72, y=y, size=11)(canvas)
        for x, words in ((212, ("chronic", "diastolic")), (292, ("chronic", "systolic"))):
            lines(words, x=x, y=663, step=13, size=11)(canvas)
        lines(["mild"], x=212, y=623, size=11)(canvas)
        lines(["water tablet daily"], x=406, y=663, size=11)(canvas)
        lines(["inhaler as needed"], x=406, y=623, size=11)(canvas)
        canvas.setLineWidth(1.2)
        canvas.ellipse(203, 645, 265, 676)
        lines(PROSE, y=480, size=12, step=18)(canvas)

    text = read(tmp_path, image_pdf(scan(pdf(draw)))).text
    assert "Heart failure  ◉ chronic diastolic  chronic systolic  water tablet daily" in text


def test_boxes_under_the_answers_of_a_table_are_marks(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")

    def draw(canvas: Canvas) -> None:
        lines(["Problem"], y=720, size=12)(canvas)
        lines(["Present"], x=250, y=720, size=12)(canvas)
        lines(["Absent"], x=330, y=720, size=12)(canvas)
        for n, label in enumerate(("Asthma", "Gout", "Anemia", "Epilepsy")):
            y = 690 - 24 * n
            lines([label], y=y, size=12)(canvas)
            for k in range(2):
                canvas.rect(255 + 80 * k, y, 8, 8)
            x = 255 + 80 * (n % 2)
            canvas.lines([(x - 1, y - 1, x + 9, y + 9), (x - 1, y + 9, x + 9, y - 1)])
        lines(PROSE, y=480, size=12, step=18)(canvas)

    text = read(tmp_path, image_pdf(scan(pdf(draw)))).text
    for n, label in enumerate(("Asthma", "Gout", "Anemia", "Epilepsy")):
        assert f"{label}  {'☐  ☒' if n % 2 else '☒  ☐'}" in text


def underlined(text: str, x: float, y: float, *choices: str, size: float = 11) -> Callable[[Canvas], None]:
    """Draws a line of text with some of its words underlined."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        canvas.drawString(x, y, text)
        for choice in choices:
            before = canvas.stringWidth(text[: text.index(choice)], "Helvetica", size)
            canvas.line(x + before, y - 1.5, x + before + canvas.stringWidth(choice, "Helvetica", size), y - 1.5)

    return draw


def test_underlined_choices_are_marked_as_ringed_ones_are(tmp_path: Path) -> None:
    page = together(
        underlined("Diabetes: None / Type 1 / Type 2   Neuropathy: Yes / No", 72, 700, "Type 2", "Yes"),
        underlined("Depression: mild / moderate / severe", 72, 660, "moderate"),
    )
    text = read(tmp_path, pdf(page)).text
    assert "Diabetes:  None  Type 1  ◉ Type 2  Neuropathy:  ◉ Yes  No" in text
    assert "Depression:  mild  ◉ moderate  severe" in text


def test_choices_that_a_pen_underlined_are_read_off_a_scan(tmp_path: Path) -> None:
    rows = (
        ("Severity:   mild   moderate   severe", "moderate"),
        ("Asthma:   yes   no        Inhaler:   daily   as needed", "yes"),
        ("Section two: Heart failure in her family", "Section two:"),
        ("Gout:   never   before   now", ""),
    )
    page = together(
        *(underlined(text, 72, 700 - 24 * n, *([chosen] if chosen else [])) for n, (text, chosen) in enumerate(rows))
    )
    text = read(tmp_path, image_pdf(scan(pdf(page), turn=0.3))).text.splitlines()
    severity, asthma, heading, gout = (line for line in text if line.strip())
    assert severity.split("◉")[1].split() == ["moderate", "severe"]
    assert asthma.split("◉")[1].split()[0] == "yes"
    assert "◉" not in heading + gout


def test_a_box_beside_a_ringed_row_keeps_its_own_answer() -> None:
    row = "☐ Angina  ☒ Heart failure: systolic  ◉ diastolic"
    assert read_choice(row, row.index("Angina"), row.index("Angina") + 6) is None


@pytest.mark.parametrize("scanned", [False, True])
def test_two_pages_on_a_sheet_are_read_one_after_the_other(tmp_path: Path, scanned: bool) -> None:
    heads = ("Patient: Ruth Okafor  Visit date: 03/04/2025", "Patient: Ruth Okafor  Visit date: 05/06/2025")
    sides = (lines([head, *PROSE], x=54 + 612 * n, y=720, step=18) for n, head in enumerate(heads))
    data = pdf(together(*sides), size=(1224, 792))
    chart = read(tmp_path, image_pdf(scan(data, dpi=150)) if scanned else data)
    left, right = chart.text.split("\f")
    assert "03/04/2025" in left
    assert "three months" in left
    assert "05/06/2025" in right
    assert [e.date_of_service for e in find_encounters(chart)] == ["2025-03-04", "2025-05-06"]


def test_a_wide_sheet_that_holds_one_table_stays_whole(tmp_path: Path) -> None:
    rows = (
        ("Name", "Result"),
        *((name, "steady for the whole of the past half year") for name in ("Sodium", "Zinc", "Iron", "Lead")),
    )
    data = pdf(together(*(lines([row[n] for row in rows], x=60 + 500 * n, y=500, step=18) for n in (0, 1))), size=(1000, 612))
    assert "Zinc  steady" in read(tmp_path, data).text


def test_a_part_of_joined_choices_may_be_underlined(tmp_path: Path) -> None:
    text = read(tmp_path, pdf(underlined("Emphysema: yes/no", 72, 700, "no"))).text
    assert text == "Emphysema:  yes  ◉ no"


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("Assessment / Plan", ("Assessment / Plan",)),
        ("BP 120/80 and pulse 72", ("BP 120/80",)),
        ("Past Medical History", ("Past Medical History",)),
        ("see www.clinic.example/patients for more", ("www.clinic.example/patients",)),
    ],
)
def test_headings_values_and_links_that_are_underlined_are_no_choices(
    tmp_path: Path, text: str, choices: tuple[str, ...]
) -> None:
    assert read(tmp_path, pdf(underlined(text, 72, 700, *choices))).text == text


def test_a_narrow_column_of_short_sections_is_read_before_the_wide_one(tmp_path: Path) -> None:
    left = ("Visit", "Sept 16, 2025", "Ivo Beck, MD", "Vitals", "BP 130/74", "Wt 172 lb", "Labs today", "Hgb 12.9")
    right = (
        "Interval", "Recovered, walks two miles.", "Assessment and plan", "1. Gout: allopurinol, no attack.",
        "2. Neuropathy: better on duloxetine.", "3. Anemia resolved.", "Return in six months",
    )  # fmt: skip
    text = read(tmp_path, pdf(together(lines(left, x=50), lines(right, x=220)))).text
    assert text.split() == " ".join((*left, *right)).split()


def test_a_letterheads_margin_is_read_behind_the_letter(tmp_path: Path) -> None:
    margin = (
        "Abe Lund, MD",
        "Cleo Mbeki, PA-C",
        "We treat",
        "Heart failure",
        "Aneurysm",
        "Stroke",
        "Phone 555-0161",
        "Suite 210",
    )
    letter = (
        "DEVICE CLINIC - IN PERSON CHECK", "Patient: Ruth Okafor   DOB 03/09/1951", "Date of visit: 07/09/2025",
        "The pacemaker was checked and works as it should, with eight", "years of battery left and no episodes since then in",
        "the spring. She walks a mile a day and has no swelling of the", "legs. We will see her again in a year.",
    )  # fmt: skip
    text = read(tmp_path, pdf(together(lines(margin, x=50, size=8), lines(letter, x=180, y=724)))).text
    assert text.index("DEVICE CLINIC") < text.index("years of battery") < text.index("Heart failure")


def test_rows_of_a_table_whose_labels_are_headings_stay_rows(tmp_path: Path) -> None:
    left = ("Vitals", "Labs", "Medications", "Allergies", "Exam", "Plan", "Follow-up")
    right = ("BP 130/74, pulse 70", "Hgb 12.9", "allopurinol", "none known", "lungs clear", "same tablets", "in six months")
    text = read(tmp_path, pdf(together(lines(left, x=50), lines(right, x=220)))).text
    assert [line.split("  ") for line in text.split("\n")] == [[a, b] for a, b in zip(left, right, strict=True)]


def test_plain_print_has_no_rings(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    heading = lines(["QUARTERLY OBSERVATIONS @ OAK HOUSE"], y=740, size=20)
    assert "◉" not in read(tmp_path, image_pdf(scan(pdf(together(heading, lines(PROSE, y=690, size=12)))))).text


def test_boxes_that_stand_close_together_and_are_filled(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    labels = ["Asthma", "Gout", "Anemia", "Epilepsy", "Migraine"]

    def draw(canvas: Canvas) -> None:
        for n, label in enumerate(labels):
            y = 700 - 12 * n
            canvas.setLineWidth(1.2)
            canvas.rect(80, y, 9, 9)
            if n % 2:
                canvas.setLineWidth(2)
                canvas.line(81.5, y + 1.5, 87.5, y + 7.5)
                canvas.line(81.5, y + 7.5, 87.5, y + 1.5)
            lines([label], x=95, y=y + 1, size=10)(canvas)
        lines(PROSE, y=560, size=12, step=18)(canvas)

    text = read(tmp_path, image_pdf(scan(pdf(draw)))).text
    for n, label in enumerate(labels):
        assert f"{'☒' if n % 2 else '☐'} {label}" in text


def test_headings_in_white_on_black_are_read(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")

    def draw(canvas: Canvas) -> None:
        canvas.rect(60, 700, 490, 18, fill=1)
        canvas.setFillGray(1)
        lines(["3. DIAGNOSES ASSESSED TODAY"], y=705, size=12, font="Helvetica-Bold")(canvas)
        canvas.setFillGray(0)
        lines(PROSE, y=670, size=12, step=18)(canvas)

    assert "3. DIAGNOSES ASSESSED TODAY" in read(tmp_path, image_pdf(scan(pdf(draw)))).text


def test_a_dark_heading_close_below_a_rule_is_read(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")

    def draw(canvas: Canvas) -> None:
        lines(["Patient: Ruth Okafor   DOB: 03/09/1951"], y=722, size=9)(canvas)
        canvas.line(60, 735, 550, 735)
        canvas.rect(60, 705, 490, 12, fill=1)
        canvas.setFillGray(1)
        lines(["REVIEW OF CONDITIONS"], x=64, y=708, size=9, font="Helvetica-Bold")(canvas)
        canvas.setFillGray(0)
        lines(PROSE, y=670, size=12, step=18)(canvas)

    assert "REVIEW OF CONDITIONS" in read(tmp_path, image_pdf(scan(pdf(draw)))).text


def test_a_faint_copy_is_read(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    page = scan(pdf(lines(PROSE, y=690, size=12, step=18))).point([255 - (255 - level) // 3 for level in range(256)])
    words = {w.strip(".,") for line in PROSE for w in line.split()}
    read_words = {w.strip(".,") for w in read(tmp_path, image_pdf(page)).text.split()}
    assert len(words & read_words) > 0.9 * len(words)


def test_a_faint_copy_that_lies_on_its_side_is_read_in_order(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    page = scan(pdf(lines(PROSE, y=690, size=12, step=18)), turn=270).point([255 - (255 - v) // 3 for v in range(256)])
    chart = read(tmp_path, image_pdf(page))
    assert chart.pages[0].rotation == 90
    assert "sleeps well through the night without\nany medicine" in chart.text


def test_boxes_beside_a_dark_margin_are_found(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")

    def draw(canvas: Canvas) -> None:
        canvas.rect(0, 0, 15, 792, fill=1)
        for n, label in enumerate(("Asthma", "Gout", "Anemia", "Epilepsy")):
            canvas.rect(80, 700 - 20 * n, 8, 8)
            lines([label], x=95, y=700 - 20 * n, size=11)(canvas)
        lines(PROSE, y=560, size=12, step=18)(canvas)

    assert read(tmp_path, image_pdf(scan(pdf(draw), turn=1.5))).text.count("☐") == 4
