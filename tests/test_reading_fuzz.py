"""Whatever stands where on a page, no word of it is lost, doubled or moved; no text makes the rules fail, no file a reader."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from reading_files import PROSE, image_pdf, lines, pdf, scan
from test_reading_formats import whole_bundle

from hccassist.encounters import find_encounters
from hccassist.nlp.choices import read_choice
from hccassist.reading import Limits, ReadError, read_bytes
from hccassist.reading.duplicates import with_duplicates
from hccassist.reading.grid import rules_of
from hccassist.reading.kept import packed, unpacked
from hccassist.reading.layout import compose
from hccassist.reading.lines import Token
from hccassist.schema import Chart, Page

PLACES = st.integers(0, 40).map(lambda n: n * 14.0)
SIDES = st.sampled_from([0.5, 1.0, 13.0, 60.0, 300.0])
BOXES = st.tuples(PLACES, PLACES, SIDES, SIDES).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
WORDS = st.sampled_from(["Asthma", "none", "◉", "☐", "12", "(x)", "Plan:", "1.", "renal"])
FORM_TEXT = st.lists(
    st.sampled_from(["COPD", "Active", "History", "None", "◉", "[x]", "[ ]", "☐", "  ", " ", "\n", ":", "agree", "|"])
)


@st.composite
def tokens(draw: st.DrawFn) -> list[Token]:
    found = []
    for x, y, text, apart in draw(st.lists(st.tuples(PLACES, PLACES, WORDS, st.booleans()), min_size=1, max_size=40)):
        box = (x, y, x + 6.0 * len(text), y + 11.0)
        found.append(Token(text, *box, box, apart=apart))
    return found


@settings(deadline=None, max_examples=200)
@given(tokens(), st.lists(BOXES, max_size=30))
def test_every_word_of_a_page_is_in_its_text_once(page: list[Token], boxes: list[tuple[float, float, float, float]]) -> None:
    words = sorted(t.text for t in page)
    text = compose(page, 792.0, 0, frozenset(), rules_of(boxes))
    assert sorted(text.text.split()) == words
    assert sorted(text.text[w.start : w.end] for w in text.words) == words


@settings(deadline=None, max_examples=300)
@given(FORM_TEXT.map("".join), st.data())
def test_any_row_of_a_form_has_an_answer_or_none(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    choice = read_choice(text, start, end)
    assert choice is None or (choice[0] in {"active", "history", "negated", "uncertain"} and choice[1])


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc 1/25\n", max_size=300), min_size=1, max_size=6))
def test_pages_repeat_earlier_pages_only(texts: list[str]) -> None:
    pages, at = [], 0
    for number, text in enumerate(texts, 1):
        pages.append(Page(number, 612.0, 792.0, "ocr" if number % 2 else "text", 0, at, at + len(text)))
        at += len(text) + 2
    chart = with_duplicates(Chart("c", "0", "\n\f".join(texts), tuple(pages)))
    assert all(p.duplicate_of is None or p.duplicate_of < p.number for p in chart.pages)
    encounters = find_encounters(chart)
    assert encounters[0].start == 0
    assert encounters[-1].end == len(chart.text)


# --- files ---

JUNK = st.sampled_from(
    [b"", b"\x00", b"\xff" * 4, b"<<", b">>", b"<", b"&#xd800;", b"]]>", b"{", b"}", b"-1", b"9" * 12, b"1e999", b"nan",
     b"\\u-999 ", b"/Kids[2 0 R]", b"/Rotate 45", b"1e30 0 0 1e30 0 0 cm ", b"<table><td>"]
) | st.binary(max_size=8)  # fmt: skip
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), JUNK), min_size=1, max_size=6)
ODD = st.sampled_from([None, 1, "", [], {}, [[]], [None], {"a": 1}, "\ud800", ["x"], [{"reference": 5}], 1e308, "0001-99-99"])


@cache
def files() -> dict[str, bytes]:
    """A small file of each kind; of a Word document the part that holds its text."""
    page = pdf(lines(PROSE), pageCompression=0)
    image, tiff = scan(page, dpi=40), io.BytesIO()
    image.save(tiff, "TIFF", save_all=True, append_images=[image])
    return {
        "a.pdf": page,
        "b.pdf": image_pdf(image),
        "a.tif": tiff.getvalue(),
        "a.rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Asthma\par \u8217? \'e9\tab x\trowd\cellx9 a\cell\row{\*\info x;}}",
        "a.html": b"<html><head><meta charset=utf-8></head><body><h1>Visit</h1><table><tr><td>BP</table><ul><li>Asthma</ul>",
        "a.xml": b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Note</title><component><section><title>Plan</title><text>'
        b"<list><item>Asthma</item></list><table><tr><td>a</td></tr></table></text></section></component></ClinicalDocument>",
        "a.docx": word_part(),
    }


def word_part() -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph("Asthma is stable.")
    document.add_table(2, 2).cell(0, 0).merge(document.tables[0].cell(0, 1)).text = "BP"
    out = io.BytesIO()
    document.save(out)
    return zipfile.ZipFile(out).read("word/document.xml")


def as_word(part: bytes) -> bytes:
    import docx

    whole, out = io.BytesIO(), io.BytesIO()
    docx.Document().save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, part if name == "word/document.xml" else source.read(name))
    return out.getvalue()


def read_or_refused(data: bytes, name: str) -> None:
    said, chart = "", None
    try:
        chart = read_bytes(data, name, Limits(ocr=False))
    except ReadError as error:
        said = error.message
    if chart is None:
        assert name in said
        assert "\n" not in said
        return
    assert unpacked(packed(chart)).text == chart.text
    find_encounters(chart)
    for page in chart.pages:
        assert all(page.start <= word.start < word.end <= page.end for word in page.words)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(files())), EDITS)
def test_a_damaged_file_of_any_kind_is_read_or_refused_in_one_line(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    data = files()[name]
    for place, length, junk in edits:
        at = round(place * len(data))
        data = data[:at] + junk + data[at + length :]
    read_or_refused(as_word(data) if name == "a.docx" else data, name)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), ODD), min_size=1, max_size=5))
def test_a_bundle_with_odd_values_anywhere_is_read_or_refused(edits: list[tuple[int, object]]) -> None:
    bundle = json.loads(whole_bundle())
    for number, value in edits:
        places = list(places_of(bundle))
        holder, key = places[number % len(places)]
        holder[key] = deepcopy(value)
    read_or_refused(json.dumps(bundle).encode(), "bundle.json")


def places_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a JSON value that holds one: its holder and its key."""
    for key in (*value,) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places_of(value[key])
