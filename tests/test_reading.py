"""A file becomes a chart: plain text untouched, PDF text in reading order with boxes, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reading_files import PROSE, image_pdf, lines, pdf, scan, together

from hccassist.reading import SUPPORTED_SUFFIXES, Limits, ReadError, read_chart
from hccassist.reading.apart import page_image
from hccassist.schema import Chart, Page


def read(tmp_path: Path, data: bytes, name: str = "chart.pdf", limits: Limits | None = None) -> Chart:
    path = tmp_path / name
    path.write_bytes(data)
    return read_chart(path, name, limits or Limits())


def refused(tmp_path: Path, data: bytes, name: str = "chart.pdf", limits: Limits | None = None) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(tmp_path, data, name, limits)
    assert name in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


def page_text(chart: Chart, page: Page) -> str:
    return chart.text[page.start : page.end]


def check_words(chart: Chart) -> None:
    """Every word stands in the text of its page, in order, inside the page."""
    for page in chart.pages:
        at = page.start
        for word in page.words:
            assert at <= word.start < word.end <= page.end
            assert not any(c.isspace() for c in chart.text[word.start : word.end])
            x0, y0, x1, y1 = word.box
            assert x0 <= x1
            assert y0 <= y1
            at = word.end
        covered = "".join(chart.text[w.start : w.end] for w in page.words)
        assert covered == "".join(page_text(chart, page).split())


# --- plain text ---


def test_plain_text_is_untouched(tmp_path: Path) -> None:
    text = "\ufeffCafé\r\nA1c 7,1 % \u2192 6.8\n\n\tend \U0001f600 "
    chart = read(tmp_path, text.encode(), "note.txt")
    assert chart.text == text
    (page,) = chart.pages
    assert (page.number, page.start, page.end, page.words, page.source) == (1, 0, len(text), (), "text")
    assert chart.name == "note.txt"


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    assert refused(tmp_path, "Fiancé".encode("latin-1"), "note.txt").type == "not_utf8"
    error = refused(tmp_path, "Fiancé".encode("utf-16"), "note.txt")
    assert (error.type, "UTF-16" in error.message) == ("not_utf8", True)


@pytest.mark.parametrize("data", [b"", b" \n\t"])
def test_empty_text(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data, "note.txt").type == "empty"


# --- PDF text ---


def test_words_have_boxes_where_they_are_printed(tmp_path: Path) -> None:
    chart = read(tmp_path, pdf(lines(["Blood pressure today", "second line"], x=100, y=700)))
    check_words(chart)
    (page,) = chart.pages
    assert (page.width, page.height, page.source, page.rotation) == (612, 792, "text", 0)
    assert page_text(chart, page) == "Blood pressure today\nsecond line"
    first = page.words[0]
    assert chart.text[first.start : first.end] == "Blood"
    assert first.box[0] == pytest.approx(100, abs=1.5)
    assert first.box[1] < 792 - 700 < first.box[3]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotated_pages_are_read_as_they_are_displayed(tmp_path: Path, rotation: int) -> None:
    import pdfplumber
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf(lines(["Turned words stay", "in their order"], x=100, y=700)))
    document[0].set_rotation(rotation)
    document.save(tmp_path / "turned.pdf")
    data = (tmp_path / "turned.pdf").read_bytes()
    chart = read(tmp_path, data)
    check_words(chart)
    (page,) = chart.pages
    assert (page.width, page.height) == ((792, 612) if rotation in (90, 270) else (612, 792))
    assert page_text(chart, page) == "Turned words stay\nin their order"
    with pdfplumber.open(tmp_path / "chart.pdf") as document:
        shown = document.pages[0]
        box = page.words[0].box
        inside = [c["text"] for c in shown.crop((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)).chars]
    assert sorted("".join(inside).replace(" ", "")) == sorted("Turned")


@pytest.mark.parametrize(("turn", "rotation"), [(90, 270), (270, 90), (180, 180)])
def test_text_printed_sideways_is_read_upright(tmp_path: Path, turn: int, rotation: int) -> None:
    def draw(canvas: object) -> None:
        canvas.translate(306, 396)  # type: ignore[attr-defined]
        canvas.rotate(turn)  # type: ignore[attr-defined]
        lines(["Flow sheet of the infusion", "Weight and dose"], x=-100, y=100)(canvas)  # type: ignore[arg-type]

    chart = read(tmp_path, pdf(draw))
    check_words(chart)
    (page,) = chart.pages
    assert page_text(chart, page) == "Flow sheet of the infusion\nWeight and dose"
    assert page.rotation == rotation


def test_crop_box_moves_the_origin(tmp_path: Path) -> None:
    chart = read(tmp_path, pdf(lines(["cropped"], x=150, y=650), cropBox=(50, 50, 550, 750)))
    (page,) = chart.pages
    assert (page.width, page.height) == (500, 700)
    assert page.words[0].box[0] == pytest.approx(100, abs=1.5)
    assert page.words[0].box[1] < 100 < page.words[0].box[3]


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left, right = PROSE[:8], [line.upper() for line in PROSE[:8]]
    draw = together(
        lines(["A letter of one page about the visit and what was found in it, across the page."], x=40, y=740),
        lines(left, x=40, y=700, size=6.5, step=9),
        lines(right, x=310, y=703, size=5.5, step=9),
        lines(["And a closing line that runs over the whole width of the page below both columns."], x=40, y=560),
    )
    chart = read(tmp_path, pdf(draw))
    check_words(chart)
    text = chart.text
    assert text.index(left[-1]) < text.index(right[0])
    assert text.index("A letter") < text.index(left[0])
    assert text.index(right[-1]) < text.index("And a closing")


def test_table_rows_stay_on_one_line(tmp_path: Path) -> None:
    rows = [
        ("Test", "Today", "March", "Range"),
        ("Sodium", "141", "139", "134-144"),
        ("Potassium", "4.3", "4.1", "3.5-5.2"),
    ]
    draw = together(*(lines([row[c] for row in rows], x=72 + 110 * c, y=700) for c in range(4)))
    chart = read(tmp_path, pdf(draw))
    assert chart.text == "Test  Today  March  Range\nSodium  141  139  134-144\nPotassium  4.3  4.1  3.5-5.2"


def test_wrapped_cells_are_read_to_their_end(tmp_path: Path) -> None:
    columns = [
        (72, ["Problem", "Weakness of the left", "arm after a fall", "Cough"]),
        (190, ["Status", "better with exercise", "and a splint", "gone"]),
        (305, ["Plan", "continue therapy"]),
    ]
    ys = [700, 680, 669, 649]
    draws = [lines([text], x=x, y=y, size=10) for x, texts in columns for text, y in zip(texts, ys, strict=False)]
    chart = read(tmp_path, pdf(together(*draws, lines(["none needed"], x=305, y=649, size=10))))
    assert "Weakness of the left arm after a fall  better with exercise and a splint  continue therapy" in chart.text


def test_a_list_beside_prose_is_a_column_of_its_own(tmp_path: Path) -> None:
    listed = ["History:", "• Gout", "• Kidney stone, both sides", "• Lyme disease", "• Old ankle fracture", "• Cataract"]
    side = together(lines(PROSE, size=8), lines(listed, x=380, size=8))
    text = read(tmp_path, pdf(together(side, lines(["And a closing line over the whole width of the page."], y=560)))).text
    assert "brace was fitted in the\nspring" in text
    assert "• Gout\n• Kidney stone, both sides\n" in text


def test_a_side_bar_at_heights_of_its_own_is_a_column(tmp_path: Path) -> None:
    bar = lines(
        ["Problem list", "Gout", "Asthma", "Old stroke", "Allergies", "codeine", "Vitals", "BP 128/70", "Pulse 72"], size=9
    )
    note = lines([line[:60] for line in PROSE], x=200, y=714, size=9)
    text = read(tmp_path, pdf(together(bar, note))).text
    assert "Old stroke\nAllergies\ncodeine\n" in text


def test_a_drawn_line_parts_columns(tmp_path: Path) -> None:
    left = [f"Reading {n} was taken in the" + " morning" * (n % 3) for n in range(8)]
    right = [f"Remark {n} on the reading" for n in range(7)]

    def rule(canvas: Any) -> None:
        canvas.line(300, 735, 300, 600)

    text = read(tmp_path, pdf(together(lines(left), lines(right, x=310), rule))).text
    assert "Reading 7 was taken in the morning\n" in text
    assert "Remark 0 on the reading\nRemark 1" in text


def test_cells_wrapped_between_horizontal_lines_are_one_row(tmp_path: Path) -> None:
    rows = (("Patient", "Weekly visits until the"), ("Patient", "Dressing to be changed"), ("Nurse", "Call."))

    def table(canvas: Any) -> None:
        canvas.setFont("Helvetica", 10)
        for y in (712, 684, 656, 628):
            canvas.line(70, y, 385, y)
        for n, (left, right) in enumerate(rows):
            canvas.drawString(72, 700 - 28 * n, left)
            canvas.drawString(130, 700 - 28 * n, right + " wound on the left heel is seen")
            canvas.drawString(130, 688 - 28 * n, "to close")
            if left == "Patient":
                canvas.drawString(72, 688 - 28 * n, "Plan")

    text = read(tmp_path, pdf(table)).text
    assert "Weekly visits until the wound on the left heel is seen\n" not in text


def test_hyphens_at_line_ends(tmp_path: Path) -> None:
    chart = read(tmp_path, pdf(lines(["Her medicine and the medi-", "cine box. A follow-", "up in May."])))
    assert "the medicine box" in chart.text
    assert "A follow-up in May" in chart.text
    check_words(chart)


def test_running_headers_and_footers_are_noise_but_stay_in_the_text(tmp_path: Path) -> None:
    def page(n: int) -> object:
        return together(
            lines([f"Ashby Clinic   visit 0{n}/0{n}/2025"], y=770),
            lines(PROSE[2 * n : 2 * n + 2], y=700),
            lines([f"Page {n} of 3"], y=30),
        )

    chart = read(tmp_path, pdf(*(page(n) for n in (1, 2, 3))))  # type: ignore[arg-type]
    noise = [chart.text[a:b] for a, b in chart.noise]
    assert [n.split()[0] for n in noise] == ["Ashby", "Page"] * 3
    assert chart.text.count("Ashby Clinic") == 3


def test_fax_banner_is_noise(tmp_path: Path) -> None:
    banner = "11/03/2025 15:44  FROM: ASHBY CLINIC 555 010 9000  TO: 5550102222  P. 002/010"
    chart = read(tmp_path, pdf(together(lines([banner], y=780, size=8), lines(PROSE[:5], y=700))))
    assert [chart.text[a:b].split()[-1] for a, b in chart.noise] == ["002/010"]


def test_blank_page_is_kept(tmp_path: Path) -> None:
    chart = read(tmp_path, pdf(lines(["first"]), lambda canvas: None, lines(["third"])))
    assert [p.number for p in chart.pages] == [1, 2, 3]
    assert chart.pages[1].words == ()
    assert chart.pages[1].source == "text"
    assert chart.text == "first\n\f\n\fthird"


def test_a_chart_of_blank_pages_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, pdf(lambda canvas: None, lambda canvas: None)).type == "empty"


def test_ligatures_are_spelled_out(tmp_path: Path) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = Path(__import__("reportlab").__file__).parent / "fonts" / "Vera.ttf"
    pdfmetrics.registerFont(TTFont("Vera", str(font)))
    chart = read(tmp_path, pdf(lines(["de\ufb01nite \ufb02ow"], font="Vera")))
    assert chart.text == "definite flow"


# --- refusals ---


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read_chart(tmp_path / "none.pdf", "none.pdf")
    assert caught.value.type == "missing"
    assert "none.pdf" in str(caught.value)


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read_chart(tmp_path, "folder")
    assert caught.value.type == "unsupported"


def test_empty_file(tmp_path: Path) -> None:
    assert refused(tmp_path, b"").type == "empty"


@pytest.mark.parametrize("name", ["chart.pdf", "chart.docx", "scan.tif", "record.json", "page.html", "all.zip", "note.rtf"])
def test_text_under_another_name(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, b"just a note", name).type == "mismatch"


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("bill.xml", b"\xef\xbb\xbf<?xml version='1.0'?><invoice/>", "XML, but no C-CDA document"),
        ("labs.json", b' {"sodium": 141}', "JSON, but no FHIR resource"),
        ("note.xml", b"just a note", "the content is not XML"),
    ],
)
def test_what_is_of_its_kind_but_no_chart_is_told_so(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    error = refused(tmp_path, data, name)
    assert (error.type, told in error.message) == ("mismatch", True)


def test_unknown_kind(tmp_path: Path) -> None:
    assert refused(tmp_path, b"\x00\x01\x02\x03", "data.bin").type == "unsupported"
    assert refused(tmp_path, b"a,b,c", "table.csv").type == "unsupported"


def test_content_that_speaks_for_itself_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, pdf(lines(["hello there"])), "chart.dat").text == "hello there"


def test_password_protected(tmp_path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    data = pdf(lines(["secret"]), encrypt=StandardEncryption("user", "owner", strength=128))
    error = refused(tmp_path, data)
    assert error.type == "encrypted"
    assert "password" in error.message


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6])
def test_truncated_pdf_is_refused_or_read_in_part(tmp_path: Path, keep: float) -> None:
    data = pdf(*(lines(PROSE) for _ in range(5)))
    try:
        chart = read(tmp_path, data[: int(len(data) * keep)])
    except ReadError as error:
        kind = error.type
    else:
        kind = "read"
        check_words(chart)
    assert kind in {"broken", "mismatch", "read"}


def test_pdf_without_pages(tmp_path: Path) -> None:
    assert refused(tmp_path, b"%PDF-1.4\n%%EOF").type == "broken"


def test_circular_page_tree(tmp_path: Path) -> None:
    data = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9999999>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    assert refused(tmp_path, data).type in {"broken", "too_many_pages"}


def test_too_many_pages(tmp_path: Path) -> None:
    error = refused(tmp_path, pdf(*(lines(["x"]) for _ in range(4))), limits=Limits(max_pages=3))
    assert error.type == "too_many_pages"


def test_gigantic_page(tmp_path: Path) -> None:
    assert refused(tmp_path, pdf(lines(["x"]), size=(90_000, 90_000))).type == "page_too_large"


def test_too_large_file(tmp_path: Path) -> None:
    assert refused(tmp_path, b"x" * 101, "note.txt", Limits(max_bytes=100)).type == "too_large"


def test_text_beyond_bounds(tmp_path: Path) -> None:
    assert refused(tmp_path, pdf(*(lines(PROSE) for _ in range(4))), limits=Limits(max_characters=1000)).type == "too_large"


# --- page pictures ---


def test_page_image_of_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "chart.pdf"
    path.write_bytes(pdf(lines(["one"]), lines(["two"])))
    assert page_image(path, 2, scale=0.5).startswith(b"\x89PNG")
    with pytest.raises(ReadError, match="no page 3"):
        page_image(path, 3)


def test_page_image_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("note")
    with pytest.raises(ReadError):
        page_image(path, 1)


def test_supported_names() -> None:
    assert {
        ".txt",
        ".pdf",
        ".docx",
        ".rtf",
        ".html",
        ".xml",
        ".json",
        ".tif",
        ".png",
        ".jpg",
        ".zip",
    } <= SUPPORTED_SUFFIXES


def test_scan_without_ocr_is_reported_unread(tmp_path: Path) -> None:
    chart = read(tmp_path, image_pdf(scan(pdf(lines(PROSE)))), limits=Limits(ocr=False))
    assert [(p.source, p.unread) for p in chart.pages] == [("unread", "no_ocr")]
