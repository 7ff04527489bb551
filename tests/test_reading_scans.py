"""Scanned pages are read by OCR: upright or turned, skewed, under a fax banner, or as image files."""

from __future__ import annotations

import io
import string
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from reading_files import PROSE, image_pdf, lines, pdf, scan, together
from reportlab.pdfgen.canvas import Canvas

from hccassist.reading import Limits, ReadError, read_chart
from hccassist.reading.apart import page_image
from hccassist.reading.cleaning import lies_on_its_side
from hccassist.schema import Chart

pytest.importorskip("tesserocr")


@pytest.fixture(scope="module")
def printed() -> bytes:
    return pdf(
        together(lines(["Ashby Clinic", "Visit date: 03/04/2025"], y=740, size=12), lines(PROSE, y=690, size=12, step=18))
    )


def read(tmp_path: Path, data: bytes, name: str = "scan.pdf") -> Chart:
    path = tmp_path / name
    path.write_bytes(data)
    return read_chart(path, name)


def found(chart: Chart) -> float:
    """The share of the printed words that were read."""
    words = {w.strip(".,") for line in PROSE for w in line.split()}
    return len(words & {w.strip(".,") for w in chart.text.split()}) / len(words)


def box_of(chart: Chart, word: str) -> tuple[float, float, float, float]:
    return next(w.box for page in chart.pages for w in page.words if chart.text[w.start : w.end] == word)


def test_scanned_page(tmp_path: Path, printed: bytes) -> None:
    chart = read(tmp_path, image_pdf(scan(printed)))
    (page,) = chart.pages
    assert page.source == "ocr"
    assert page.rotation == 0
    assert found(chart) > 0.95
    assert "Visit date: 03/04/2025" in chart.text
    assert all(0 < w.confidence <= 1 for w in page.words)
    x0, y0, x1, y1 = box_of(chart, "Ashby")
    assert x0 == pytest.approx(72, abs=3)
    assert y0 - 2 < 792 - 740 - 4 < y1
    assert x1 < 130


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_page_scanned_the_wrong_way_round(tmp_path: Path, printed: bytes, turn: int) -> None:
    chart = read(tmp_path, image_pdf(scan(printed, turn=turn)))
    (page,) = chart.pages
    assert page.source == "ocr"
    assert page.rotation == (360 - turn) % 360
    assert found(chart) > 0.9
    width, height = page.width, page.height
    assert all(-2 <= w.box[0] <= w.box[2] <= width + 2 and -2 <= w.box[1] <= w.box[3] <= height + 2 for w in page.words)
    # "Ashby" is printed at the top left of the upright page.
    x0, y0, _, _ = box_of(chart, "Ashby")
    corner = {90: (0.06, 0.88), 180: (0.88, 0.93), 270: (0.93, 0.12)}[turn]
    assert (x0 / width, y0 / height) == pytest.approx(corner, abs=0.09)


@pytest.mark.parametrize("askew", [0.0, 1.0, -3.0])
@pytest.mark.parametrize("ruled", [False, True], ids=["prose", "a table's upright rules"])
def test_how_a_faint_and_specked_page_lies_is_seen_before_it_is_read(ruled: bool, askew: float) -> None:
    def draw(canvas: Canvas) -> None:
        lines(PROSE, y=700, size=10, step=30)(canvas)
        for x in range(60, 560, 50) if ruled else ():
            canvas.line(x, 400, x, 720)

    grey = np.asarray(scan(pdf(draw), turn=askew), np.float64)
    specked = 255 - (255 - grey) * 0.45 + np.random.default_rng(1).normal(0, 12, grey.shape)
    page = Image.fromarray(np.clip(specked, 0, 255).astype(np.uint8))
    assert not lies_on_its_side(page)
    assert lies_on_its_side(page.rotate(90, expand=True))


@pytest.mark.parametrize("turn", [-3.0, 2.0])
def test_skewed_page(tmp_path: Path, printed: bytes, turn: float) -> None:
    chart = read(tmp_path, image_pdf(scan(printed, turn=turn)))
    assert found(chart) > 0.9
    assert "Visit date: 03/04/2025" in chart.text


def test_fax_banner_over_a_scan_is_no_text_layer(tmp_path: Path, printed: bytes) -> None:
    chart = read(tmp_path, image_pdf(scan(printed), banner="11/03/2025 15:44 FROM: ASHBY CLINIC TO: 5550102222 P. 002/010"))
    assert chart.pages[0].source == "ocr"
    assert found(chart) > 0.9


def test_photo_without_words_is_unread(tmp_path: Path) -> None:
    path = tmp_path / "photo.pdf"
    path.write_bytes(image_pdf(Image.effect_noise((850, 1100), 90).resize((1700, 2200))))
    chart = read_chart(path, "photo.pdf", Limits(page_seconds=4))
    assert [p.source for p in chart.pages] == ["unread"]
    assert chart.pages[0].unread in {"no_words", "page_time"}  # on a slow machine the time ends first
    assert chart.pages[0].words == ()


def test_a_drawing_and_print_beyond_reading_are_unread_for_their_own_reasons(tmp_path: Path, printed: bytes) -> None:
    drawing = Image.new("L", (850, 1100), 255)
    ImageDraw.Draw(drawing).ellipse((200, 300, 600, 800), outline=0, width=9)
    drawing.save(tmp_path / "drawing.png", dpi=(100, 100))
    [page] = read_chart(tmp_path / "drawing.png", "drawing.png").pages
    assert (page.source, page.unread) == ("unread", "no_words")
    smeared = scan(printed).filter(ImageFilter.GaussianBlur(7))
    [page] = read(tmp_path, image_pdf(smeared)).pages
    assert (page.source, page.unread) in {("unread", "doubtful"), ("unread", "no_words")}


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 5), (17, 17)])
def test_an_image_too_small_for_a_line_of_text_is_unread(tmp_path: Path, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new("L", size, 90).save(out, "PNG")
    assert [(p.source, p.unread) for p in read(tmp_path, out.getvalue(), "dot.png").pages] == [("unread", "too_coarse")]


def test_blank_scan_is_no_unread_page(tmp_path: Path) -> None:
    chart = read(tmp_path, image_pdf(Image.new("L", (1700, 2200), 255), scan(pdf(lines(PROSE)))))
    assert [p.source for p in chart.pages] == ["text", "ocr"]


# Letters shifted, as fonts without a Unicode map come out; and digits for letters, as a scanner's own poor reading has.
_SHIFTED = {ord(c): ord(c) - 29 for c in string.ascii_letters}
_MISREAD = str.maketrans("oslb", "051h")


@pytest.mark.parametrize("layer", [_SHIFTED, _MISREAD], ids=["shifted", "misread"])
def test_garbage_text_layer_is_read_again(tmp_path: Path, layer: dict[int, int]) -> None:
    def draw(canvas: object) -> None:
        from reportlab.lib.utils import ImageReader

        image = scan(pdf(lines(PROSE, size=12, step=18)))
        canvas.drawImage(ImageReader(image.convert("RGB")), 0, 0, 612, 792)  # type: ignore[attr-defined]
        text = canvas.beginText(72, 720)  # type: ignore[attr-defined]
        text.setFont("Helvetica", 11)
        text.setTextRenderMode(3)
        for line in PROSE:
            text.textLine(line.translate(layer))
        canvas.drawText(text)  # type: ignore[attr-defined]

    chart = read(tmp_path, pdf(draw))
    assert chart.pages[0].source == "ocr"
    assert found(chart) > 0.9


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".tif", "TIFF")])
def test_image_files(tmp_path: Path, printed: bytes, suffix: str, kind: str) -> None:
    out = io.BytesIO()
    scan(printed).save(out, kind, dpi=(200, 200))
    chart = read(tmp_path, out.getvalue(), f"scan{suffix}")
    (page,) = chart.pages
    assert (page.width, page.height) == pytest.approx((612, 792), abs=1)
    assert found(chart) > 0.9
    assert page_image(tmp_path / f"scan{suffix}", 1).startswith(b"\x89PNG")


def test_tiff_of_several_pages(tmp_path: Path, printed: bytes) -> None:
    out = io.BytesIO()
    image = scan(printed)
    image.save(out, "TIFF", save_all=True, append_images=[image], dpi=(200, 200))
    assert [p.number for p in read(tmp_path, out.getvalue(), "fax.tif").pages] == [1, 2]


def test_image_bomb_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("1", (4000, 4000)).save(out, "PNG")
    path = tmp_path / "big.png"
    path.write_bytes(out.getvalue())
    with pytest.raises(ReadError) as caught:
        read_chart(path, "big.png", Limits(max_image_pixels=1_000_000))
    assert caught.value.type == "page_too_large"


def test_an_image_of_more_pixels_than_any_page_says_that_it_is_too_large(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    path = tmp_path / "wall.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    with pytest.raises(ReadError) as caught:
        read_chart(path, "wall.png", Limits())
    assert caught.value.type == "page_too_large"


def test_broken_image_is_refused(tmp_path: Path, printed: bytes) -> None:
    out = io.BytesIO()
    scan(printed).save(out, "PNG")
    path = tmp_path / "cut.png"
    path.write_bytes(out.getvalue()[:2000])
    with pytest.raises(ReadError) as caught:
        read_chart(path, "cut.png")
    assert caught.value.type == "broken"


def test_check_boxes_of_a_form(tmp_path: Path) -> None:
    labels = ["Cough", "Fever", "Headache", "Dizziness", "Back pain", "Rash"]
    ticked = {"Fever", "Back pain"}

    def draw(canvas: object) -> None:
        for n, label in enumerate(labels):
            x, y = 80 + 200 * (n % 2), 700 - 30 * (n // 2)
            canvas.rect(x, y, 10, 10)  # type: ignore[attr-defined]
            if label in ticked:
                canvas.line(x + 1, y + 5, x + 4, y + 1)  # type: ignore[attr-defined]
                canvas.line(x + 4, y + 1, x + 11, y + 12)  # type: ignore[attr-defined]
            lines([label], x=x + 16, y=y + 1, size=12)(canvas)  # type: ignore[arg-type]
        lines(PROSE, y=560, size=12, step=18)(canvas)  # type: ignore[arg-type]

    chart = read(tmp_path, image_pdf(scan(pdf(draw))))
    for label in labels:
        mark = "\u2612" if label in ticked else "\u2610"
        assert f"{mark} {label}" in chart.text
    assert chart.text.count("\u2612") + chart.text.count("\u2610") == len(labels)


def test_crossed_boxes_close_to_their_labels(tmp_path: Path) -> None:
    answers = [True, False, True, True]

    def draw(canvas: object) -> None:
        for n, yes in enumerate(answers):
            y = 700 - 24 * n
            lines([("Cough", "Fever", "Headache", "Rash")[n]], x=80, y=y, size=11)(canvas)  # type: ignore[arg-type]
            for x, label, crossed in ((250, "Yes", yes), (292, "No", not yes)):
                canvas.rect(x, y, 8, 8)  # type: ignore[attr-defined]
                if crossed:
                    canvas.line(x - 1, y - 1, x + 9, y + 9)  # type: ignore[attr-defined]
                    canvas.line(x - 2, y + 9, x + 9, y - 1)  # type: ignore[attr-defined]
                lines([label], x=x + 11, y=y, size=11)(canvas)  # type: ignore[arg-type]
        lines(PROSE, y=520, size=12, step=18)(canvas)  # type: ignore[arg-type]

    text = read(tmp_path, image_pdf(scan(pdf(draw), turn=1.1))).text
    found_rows = [line for line in text.splitlines() if "Yes" in line]
    assert len(found_rows) == len(answers)
    for row, yes in zip(found_rows, answers, strict=True):
        assert (row.index("\u2612") < row.index("Yes"), row.count("\u2612")) == (yes, 1)


def test_letters_of_the_size_of_the_boxes_stay_letters_and_a_box_before_small_letters_is_one(tmp_path: Path) -> None:
    labels = ("none", "history of it", "yes", "active")

    def draw(canvas: Canvas) -> None:
        for n, topic in enumerate(("Oxygen", "Depression", "Dialysis", "Dementia")):
            y = 700 - 24 * n
            lines([topic], x=60, y=y, size=10)(canvas)
            for k, label in enumerate(labels):
                canvas.rect(170 + 90 * k, y, 7, 7)
                lines([label], x=181 + 90 * k, y=y, size=10)(canvas)
        lines(PROSE, y=540, size=12, step=18)(canvas)

    rows = read(tmp_path, image_pdf(scan(pdf(draw)))).text.splitlines()
    for topic in ("Oxygen", "Depression", "Dialysis", "Dementia"):
        row = next(row for row in rows if topic in row)
        assert row.split() == f"{topic} \u2610 none \u2610 history of it \u2610 yes \u2610 active".split()


def test_plain_print_has_no_check_boxes(tmp_path: Path, printed: bytes) -> None:
    text = read(tmp_path, image_pdf(scan(printed))).text
    assert "\u2612" not in text
    assert "\u2610" not in text


def test_a_second_reader_is_heard_where_the_first_guesses_or_sees_nothing() -> None:
    from hccassist.reading.doubtful import Row
    from hccassist.reading.ocr import _agreed
    from hccassist.reading.second import ReadWord

    rows = [
        Row(0, "Name:", 95.0, (10, 10, 60, 24)),
        Row(0, "0fis", 40.0, (70, 8, 110, 26)),
        Row(1, "Weight", 96.0, (10, 50, 80, 64)),
        Row(1, "stable", 74.0, (86, 50, 140, 64)),
    ]
    lines = [
        ((66, 6, 112, 28), [ReadWord("Otis", 97.0, (68, 8, 112, 26))]),
        ((8, 48, 142, 66), [ReadWord("Weight", 80.0, (8, 48, 82, 66)), ReadWord("steble", 80.0, (86, 48, 142, 66))]),
        ((10, 90, 90, 108), [ReadWord("no", 92.0, (10, 90, 40, 108)), ReadWord("pain", 92.0, (46, 90, 90, 108))]),
        ((10, 130, 90, 148), [ReadWord("~~", 70.0, (10, 130, 90, 148))]),
    ]
    assert [row.text for row in _agreed(rows, lines)] == ["Name:", "Weight", "stable", "Otis", "no", "pain"]


def test_a_part_of_a_word_that_was_left_out_is_read_with_the_words_beside_it() -> None:
    from hccassist.reading.doubtful import Row, _with_neighbours
    from hccassist.reading.ocr import _agreed
    from hccassist.reading.second import ReadWord

    first = [
        Row(0, "sho", 96.0, (0, 10, 30, 30)),
        Row(0, "VT", 91.0, (80, 10, 110, 30)),
        Row(0, "now", 96.0, (140, 10, 170, 30)),
    ]
    place = _with_neighbours((32, 12, 78, 28), first)
    assert place == (0, 10, 110, 30)
    second = [ReadWord("shows", 97.0, (0, 10, 60, 30)), ReadWord("DVT", 97.0, (66, 10, 110, 30))]
    assert {row.text for row in _agreed(first, [(place, second)])} == {"shows", "DVT", "now"}


def test_a_line_that_the_first_reader_left_out_is_found_by_its_ink(printed: bytes) -> None:
    from hccassist.reading.doubtful import doubtful_places
    from hccassist.reading.ocr import _read_straight

    scale = 200 / 72
    sight = _read_straight(scan(printed), scale, time.monotonic() + 30)
    line = next(row.line for row in sight.rows if row.text == "appetite")
    left_out = [row.box for row in sight.rows if row.line == line]
    places = doubtful_places(sight.level, [row for row in sight.rows if row.line != line], [], scale)
    assert places
    top, bottom = min(box[1] for box in left_out), max(box[3] for box in left_out)
    assert all(abs(place[1] - top) < 8 and abs(place[3] - bottom) < 8 for place in places)


def test_a_page_in_shadow_on_a_dark_table_is_read(tmp_path: Path, printed: bytes) -> None:
    import numpy as np

    page = np.asarray(scan(printed, turn=1.5), np.float32)
    light = np.linspace(0.95, 0.4, page.shape[1])[None, :] * np.linspace(1, 0.8, page.shape[0])[:, None]
    photo = np.full((page.shape[0] + 120, page.shape[1] + 120), 45.0)
    photo[60:-60, 60:-60] = page * light
    noise = np.random.default_rng(4).normal(0, 4, photo.shape)
    assert found(read(tmp_path, image_pdf(Image.fromarray(np.clip(photo + noise, 0, 255).astype(np.uint8))))) > 0.9


def test_a_poor_copy_is_read_with_the_second_reader(tmp_path: Path, printed: bytes) -> None:
    pytest.importorskip("rapidocr")
    from PIL import ImageFilter

    poor = scan(printed, dpi=80).filter(ImageFilter.GaussianBlur(0.9)).resize((1700, 2200))
    assert found(read(tmp_path, image_pdf(poor))) > 0.9


def test_letters_that_ran_thick_in_a_fax_are_made_thinner_and_hold_no_check_boxes(tmp_path: Path) -> None:
    source = pdf(lines(PROSE, x=72, y=690, size=10, step=15, font="Times-Roman"))
    fax = scan(source).point(lambda level: 0 if level < 160 else 255).filter(ImageFilter.MinFilter(3))
    chart = read(tmp_path, image_pdf(fax))
    assert found(chart) > 0.97
    assert not set("☒☐") & set(chart.text)


def test_a_line_of_text_between_two_white_on_black_headings_stays_black_on_white(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for y, heading in ((700, "SUBJECTIVE"), (673, "OBJECTIVE")):
            canvas.rect(54, y, 500, 12, fill=1)
            canvas.setFillColorRGB(1, 1, 1)
            canvas.drawString(60, y + 2.5, heading)
            canvas.setFillColorRGB(0, 0, 0)
        canvas.drawString(54, 689, "Burning feet at night and thick toenails that rub in her shoes all day, worse since May.")

    chart = read(tmp_path, image_pdf(scan(pdf(draw), turn=0.9)))
    assert "Burning feet at night and thick toenails that rub in her shoes" in chart.text


def test_boxes_in_columns_are_a_forms_however_close_their_labels_stand(tmp_path: Path) -> None:
    rows = (
        ("[ ] New patient", "[x] Established patient"),
        ("[x] Spinal stenosis", "[ ] Myelopathy"),
        ("[ ] Vertebral fracture", "[x] Radiculopathy"),
        ("[ ] Cauda equina", "[ ] Metastatic disease of spine"),
    )

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for n, row in enumerate(rows):
            for x, text in zip((54, 306), row, strict=True):
                y = 700 - 14.5 * n
                canvas.setLineWidth(0.7)
                canvas.rect(x, y - 1, 8, 8)
                if text[1] == "x":
                    canvas.line(x + 1, y, x + 7, y + 6)
                    canvas.line(x + 1, y + 6, x + 7, y)
                canvas.drawString(x + 9.8, y, text[4:])

    image = scan(pdf(draw), turn=1.0).filter(ImageFilter.GaussianBlur(0.4))
    text = read(tmp_path, image_pdf(image)).text
    for row in rows:
        for cell in row:
            assert cell.replace("[x]", "☒").replace("[ ]", "☐") in text
