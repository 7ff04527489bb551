"""Many patterns at once: what is found is what ``re`` finds, pattern by pattern."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hccassist.encounters.rules import date_labels, setting_cues, signature_cues
from hccassist.evidence.strength import _CLUES
from hccassist.patterns import Patterns, Seldom
from hccassist.reading import read_chart
from hccassist.terminology.groups import sayings

SAMPLES = Path(__file__).parents[1] / "sample_charts"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HCCASSIST_CACHE", str(tmp_path))
    return tmp_path


def test_the_patterns_that_match_are_told_whatever_the_case() -> None:
    patterns = Patterns(
        [r"\bDenies\b", r"\bno\W+cough", r"(?-i:IM)\b", r"(?P<Verb>Seen|Met) today", r"^Plan"], re.IGNORECASE | re.MULTILINE
    )
    assert patterns.matching("DENIES fever, no\n COUGH\nplan: im shots") == [0, 1, 4]
    assert patterns.matching("seen TODAY by IM") == [2, 3]


def test_case_counts_where_it_is_not_to_be_ignored() -> None:
    patterns = Patterns(["MD", "[a-z]+ do"], re.NOFLAG)
    assert patterns.possible("Jane Roe, MD") == [0]
    assert patterns.possible("what to do") == [1]


def test_look_around_and_long_repeats_may_be_possible_and_not_match() -> None:
    patterns = Patterns([r"\bno\b(?! longer)", r"(?<!not )seen", r"from[\s\S]{1,200}to"])
    assert patterns.matching("no longer seen") == [1]
    far = f"not seen from{' ' * 300}to"
    assert patterns.possible(far) == [1, 2]
    assert patterns.matching(far) == []


@pytest.mark.parametrize("text", ["Ménière’s", "don’t know", "5\xa0mg", "٣ days", "no – cough"])
def test_characters_beside_ascii_are_read_as_re_reads_them(text: str) -> None:
    written = [r"\bm\w+’s\b", r"\w+['’]t know", r"\d\s*mg", r"^\d days", r"no [–-] cough", r"é", r"\bnire"]
    assert Patterns(written).matching(text) == [
        n for n, pattern in enumerate(written) if re.search(pattern, text, re.IGNORECASE)
    ]


def test_what_hyperscan_cannot_read_is_asked_of_every_text() -> None:
    patterns = Patterns([r"a[\s\S]*^b", r"\bno\b"], re.IGNORECASE | re.MULTILINE)
    assert patterns.possible("yes") == [0]
    assert patterns.matching("a\nb, no") == [0, 1]
    assert Patterns([r"a[\s\S]*^b"], re.IGNORECASE | re.MULTILINE).matching("A\nB") == [0]


def test_threads_ask_at_once() -> None:
    patterns = Patterns([r"\d+ mg", r"stable"])
    texts = [f"{n} mg, stable" if n % 2 else "stable" for n in range(2000)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(patterns.matching, texts)) == [[0, 1] if n % 2 else [1] for n in range(2000)]


@pytest.mark.parametrize("broken", [b"", b"[]\nno database", b"\xff\xfe"])
def test_a_kept_file_that_is_not_whole_is_written_anew(broken: bytes, own_cache: Path) -> None:
    assert Patterns(["no"]).matching("No") == [0]
    (kept,) = own_cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(broken)
    assert Patterns(["no"]).matching("No") == [0]
    assert kept.read_bytes() == whole


def test_of_the_kept_files_the_least_lately_used_goes(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hccassist.patterns._KEPT_FILES", 2)
    kept = {}
    for age, word in enumerate(["often", "seldom"]):
        before = set(own_cache.iterdir())
        Patterns([word]).possible("")
        (kept[word],) = set(own_cache.iterdir()) - before
        os.utime(kept[word], (age, age))  # "often" is the older file
    Patterns(["often"]).possible("")
    Patterns(["new"]).possible("")
    assert (kept["often"].exists(), kept["seldom"].exists()) == (True, False)


def test_of_every_shipped_pattern_is_told_what_re_tells() -> None:
    texts = [read_chart(path, path.name).text for path in sorted(SAMPLES.glob("*.txt"))[:6]]
    shipped = [cue.cue for cue in setting_cues()] + [cue.pattern for cue in signature_cues()]
    shipped += [label.label for label in date_labels()] + [pattern.pattern for _, pattern in (*_CLUES, *sayings(""))]
    pieces = [piece for text in texts for piece in (text, text.upper(), *text.splitlines())]
    read = [re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in shipped]
    patterns = Patterns(shipped, re.IGNORECASE | re.MULTILINE)
    matched = {piece: [n for n, pattern in enumerate(read) if pattern.search(piece)] for piece in pieces}
    assert len({n for numbers in matched.values() for n in numbers}) > 30
    assert [piece for piece, numbers in matched.items() if numbers != patterns.matching(piece)] == []


def test_a_costly_pattern_is_searched_as_re_searches_it() -> None:
    pattern = re.compile(r"\bno longer (\w+)\b(?! daily)", re.IGNORECASE)
    texts = ["No longer smokes", "no longer drinks daily", "He is no longer able", "nothing"]
    assert [bool(Seldom(pattern).search(text)) for text in texts] == [True, False, True, False]
    found = Seldom(pattern).search(f"xx{texts[2]}", 2)
    assert found is not None
    assert found.span(1) == (18, 22)
    assert Seldom(pattern).search(texts[2], 0, 12) is None
