"""Files made to take all time or memory: each is bounded in the batch and in the reviewer, and named with the cure."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from reading_files import lines, pdf

from hccassist.batch.guard import close_guards, screen_guarded
from hccassist.batch.task import Task
from hccassist.reading import Limits, ReadError, read_chart
from hccassist.reading.apart import page_image, read_text
from hccassist.reading.limits import ENVIRONMENT, LimitsError, configured


def stream(content: bytes, entries: str = "") -> bytes:
    """A compressed stream object."""
    packed = zlib.compress(content)
    return f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>\nstream\n".encode() + packed + b"\nendstream"


def page_of(content: bytes, resources: str = "", *objects: bytes) -> bytes:
    """A PDF of one page with this content; ``objects`` are numbered from 5."""
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<<{resources}>>>>".encode()
    whole = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream(content), *objects]
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, os.SEEK_END)
    places = []
    for number, each in enumerate(whole, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, each))
    at = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(whole) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(whole) + 1, at))
    return out.getvalue()


IMAGE = "/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8"
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 612 792]"
SHOW = b"q 612 0 0 792 0 0 cm /I Do Q\n"
IMAGE_BOMB = page_of(SHOW, "/XObject<</I 5 0 R>>", stream(bytes(1000), f"{IMAGE}/Width 40000/Height 40000"))
HIDDEN_BOMB = page_of(
    b"/F Do",
    "/XObject<</F 5 0 R>>",
    stream(SHOW, f"{FORM}/Resources<</XObject<</I 6 0 R>>>>"),
    stream(bytes(1000), f"{IMAGE}/Width 40000/Height 40000"),
)
MANY_IMAGES = page_of(SHOW * 20_000, "/XObject<</I 5 0 R>>", stream(bytes(4_000_000), f"{IMAGE}/Width 2000/Height 2000"))
NESTED_FORMS = page_of(
    b"/F Do",
    "/XObject<</F 5 0 R>>",
    *(stream(b"/F Do " * 20, f"{FORM}/Resources<</XObject<</F {6 + n} 0 R>>>>") for n in range(8)),
    stream(b"0 0 m 9 9 l S ", FORM),
)
"""Each of eight forms draws the next one twenty times: no end comes of it."""


def refused(tmp_path: Path, data: bytes, limits: Limits, name: str = "chart.pdf") -> ReadError:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ReadError) as caught:
        read_chart(path, name, limits)
    assert name in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("data", [IMAGE_BOMB, HIDDEN_BOMB], ids=["on the page", "in a form"])
def test_an_image_bomb_in_a_pdf_is_refused_and_not_shown(tmp_path: Path, data: bytes) -> None:
    error = refused(tmp_path, data, Limits())
    assert error.type == "page_too_large"
    assert "40000 by 40000" in error.message
    with pytest.raises(ReadError, match="40000 by 40000"):
        page_image(tmp_path / "chart.pdf", 1)


def test_a_page_that_is_not_drawn_in_time_is_unread_and_the_others_are_read(tmp_path: Path) -> None:
    import pypdfium2

    whole = pypdfium2.PdfDocument(pdf(lines(["Asthma is stable."])))
    whole.import_pages(pypdfium2.PdfDocument(MANY_IMAGES))
    whole.save(tmp_path / "chart.pdf")
    chart = read_chart(tmp_path / "chart.pdf", "chart.pdf", Limits(page_seconds=0.5))
    assert [(p.source, p.unread) for p in chart.pages] == [("text", None), ("unread", "page_time")]
    assert "Asthma is stable." in chart.text


def test_pages_that_are_slow_one_after_the_other_do_not_outlast_the_time_of_the_chart(tmp_path: Path) -> None:
    import pypdfium2

    good = pdf(lines(["Asthma is stable."]))
    whole = pypdfium2.PdfDocument.new()
    for data in (good, MANY_IMAGES, MANY_IMAGES, good):
        whole.import_pages(pypdfium2.PdfDocument(data))
    whole.save(tmp_path / "chart.pdf")
    with zipfile.ZipFile(tmp_path / "chart.zip", "w") as archive:
        for number, data in enumerate((good, MANY_IMAGES, MANY_IMAGES, good)):
            archive.writestr(f"{number}.pdf", data)
    for name in ("chart.pdf", "chart.zip"):
        assert [p.source for p in read_chart(tmp_path / name, name, Limits(page_seconds=0.1)).pages][::3] == ["text", "text"]
        chart = read_chart(tmp_path / name, name, Limits(page_seconds=3, chart_seconds=0.3))
        assert [p.source for p in chart.pages] == ["text", "unread", "unread", "unread"]
        assert [p.unread for p in chart.pages][2:] == ["chart_time"] * 2
        chart = read_chart(tmp_path / name, name, Limits(page_seconds=3, seconds=0.2, mean_page_seconds=0.01))
        assert [p.source for p in chart.pages] == ["text", "unread", "unread", "unread"]


def test_frames_of_a_picture_that_are_left_when_the_time_of_the_chart_is_over_are_unread(tmp_path: Path) -> None:
    from PIL import Image

    blank = Image.new("L", (850, 1100), 255)
    blank.save(tmp_path / "scan.tif", save_all=True, append_images=[blank, blank])
    pages = read_chart(tmp_path / "scan.tif", "scan.tif", Limits(chart_seconds=1e-9)).pages
    assert [(p.source, p.unread) for p in pages] == [("unread", "chart_time")] * 3


def test_the_picture_of_a_page_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chart.pdf"
    path.write_bytes(MANY_IMAGES)
    with pytest.raises(ReadError, match=r"chart\.pdf: page 1 takes too long to draw") as caught:
        page_image(path, 1, limits=Limits(draw_seconds=0.5))
    assert caught.value.type == "time_limit"


def test_what_no_library_stops_is_ended_in_the_reviewer_which_goes_on(tmp_path: Path) -> None:
    (tmp_path / "chart.pdf").write_bytes(NESTED_FORMS)
    (tmp_path / "good.pdf").write_bytes(pdf(lines(["Asthma is stable."])))
    with pytest.raises(ReadError, match=r"chart\.pdf: .*takes ") as caught:
        page_image(tmp_path / "chart.pdf", 1, limits=Limits(draw_seconds=1, memory=1 << 30))
    assert caught.value.type in {"time_limit", "memory_limit"}
    with pytest.raises(ReadError, match=r"chart\.pdf: .*takes ") as caught:
        read_text(tmp_path / "chart.pdf", "chart.pdf", Limits(page_seconds=1, memory=1 << 30))
    assert page_image(tmp_path / "good.pdf", 1).startswith(b"\x89PNG")
    assert read_text(tmp_path / "good.pdf", "good.pdf").text == "Asthma is stable."


def test_a_page_that_holds_a_worker_of_a_batch_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "page_seconds=1")
    (tmp_path / "chart.pdf").write_bytes(NESTED_FORMS)
    done = screen_guarded(Task(str(tmp_path / "chart.pdf"), "chart.pdf", seconds=3000, memory=2 << 30))
    close_guards()
    error = json.loads(done.line)["error"]
    assert error["type"] in {"time_limit", "memory_limit"}
    assert error["message"].startswith("chart.pdf: ")


def test_a_word_document_of_millions_of_paragraphs_is_refused(tmp_path: Path) -> None:
    import docx

    out, bomb = io.BytesIO(), io.BytesIO()
    docx.Document().save(out)
    with zipfile.ZipFile(out) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in whole.namelist():
            content = whole.read(member)
            if member == "word/document.xml":
                content = content.replace(b"<w:body>", b"<w:body>" + b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 3_000_000)
            archive.writestr(member, content)
    assert refused(tmp_path, bomb.getvalue(), Limits(), "note.docx").type == "too_large"


def test_limits_are_set_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "max_pages=8000 page_seconds=2.5 ocr=0")
    assert configured() == Limits(max_pages=8000, page_seconds=2.5, ocr=False)
    for wrong in ("pages=3", "max_pages=many", "page_seconds=0", "memory=-1", "page_seconds=nan"):
        monkeypatch.setenv(ENVIRONMENT, wrong)
        with pytest.raises(LimitsError, match=ENVIRONMENT):
            configured()
