"""Whatever stands where on a page, no word of it is lost, doubled or moved; and nothing makes the rules fail."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hccassist.encounters import find_encounters
from hccassist.nlp.choices import read_choice
from hccassist.reading.duplicates import with_duplicates
from hccassist.reading.grid import rules_of
from hccassist.reading.layout import Token, compose
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
