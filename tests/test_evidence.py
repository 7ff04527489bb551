"""What evidence says beside its words, which of it is shown, and what is kept for whoever asks for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hccassist.candidates import link_candidates
from hccassist.evidence.choose import choose
from hccassist.evidence.detect import detect, support_of
from hccassist.nlp.document import analyse
from hccassist.nlp.mentions import find_mentions
from hccassist.schema import Evidence, Suggestion
from hccassist.terminology.codes import load_codes
from hccassist.terminology.compiled import load_lexicon
from hccassist.terminology.lexicon import compile_lexicon
from hccassist.terminology.rows import load
from hccassist.terminology.words import Normalizer


def of(result: Any, code: str) -> Suggestion:
    return next(s for s in result.suggestions if s.icd10 and s.icd10.startswith(code))


def reasons(suggestion: Suggestion) -> str:
    return " | ".join(e.why for e in (*suggestion.evidence, *suggestion.more_evidence))


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("Type 2 diabetes: A1c 8.2 % (H) on 03/04/2025.", "A1c 8.2 %, high, 03/04/2025"),
        ("Type 2 diabetes: A1c was 6.4, at goal.", "A1c 6.4, at goal"),
        ("Hypertension: BP 142/88 mmHg today.", "BP 142/88 mmHg, today"),
        ("Hypertension: continue lisinopril 20 mg daily.", "lisinopril continued, 20 mg daily"),
        ("Hypertension: increase lisinopril to 40 mg daily.", "lisinopril increased, 40 mg daily"),
        ("Hypertension: refilled lisinopril 20 mg.", "lisinopril refilled, 20 mg"),
        ("Hypertension: started on amlodipine 5 mg nightly, doing well.", "amlodipine started, 5 mg nightly"),
        ("Heart failure: EF 35 % on last echo, euvolemic.", "EF 35 %"),
        ("CKD stage 3b: GFR 38, drawn on 03/04/2025.", "GFR 38, 03/04/2025"),
    ],
)
def test_a_value_or_a_dose_is_read_beside_its_word(line: str, fact: str, screen_text: Any) -> None:
    result = screen_text(f"Assessment and Plan:\n1. {line}", None)
    assert fact in reasons(next(s for s in result.suggestions if s.evidence))


def test_no_number_is_taken_from_another_measurement(screen_text: Any) -> None:
    result = screen_text("Assessment and Plan:\n1. Type 2 diabetes: A1c pending; creatinine 1.1. Continue metformin.", None)
    assert "A1c 1.1" not in reasons(of(result, "E11"))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("Type 2 diabetes: repeat A1c in 3 months.", "A1c 3"),
        ("Type 2 diabetes: takes Jardiance, insulin glargine 30 units nightly.", "Jardiance taken, 30"),
        ("Type 2 diabetes: takes metformin and glipizide 5 mg.", "metformin taken, 5"),
        ("Heart failure: daily weights and a low-salt diet.", "weights low"),
        ("Osteoporosis: DEXA 2025 T score -2.8, on Prolia.", "DEXA 2025"),
        ("CKD stage 3b: GFR 38 and potassium 5.6, high.", "GFR 38, high"),
        ("Type 2 diabetes: eye exam 01/2025, no retinopathy.", "eye exam 01/2025"),
        ("CKD stage 3a: stay on losartan, avoid NSAIDs.", "avoid NSAIDs continued"),
    ],
)
def test_no_number_or_flag_of_something_else_is_taken(line: str, wrong: str, screen_text: Any) -> None:
    result = screen_text(f"Assessment and Plan:\n1. {line}", None)
    assert result.suggestions
    assert wrong not in " | ".join(map(reasons, result.suggestions))


def test_the_reason_names_no_letter_that_no_passage_shows(screen_text: Any) -> None:
    text = (
        "Exam: Lungs clear. Abdomen soft.\nMedications: omeprazole.\nAssessment and Plan:\n1. GERD. Continue omeprazole 20 mg."
    )
    for suggestion in screen_text(text, None).suggestions:
        if suggestion.reason.startswith("found: "):
            named = {word[0] for word in suggestion.reason.removeprefix("found: ").split(", ")}
            assert named == {e.element for e in suggestion.evidence}


def test_a_letter_shows_three_passages_at_most_and_keeps_the_rest() -> None:
    many = [Evidence("T", "drug", at, at + 40, 0.9 - at / 10000, "") for at in range(0, 500, 100)]
    shown, more = choose(many, " " * 600)
    assert [e.start for e in shown] == [0, 100, 200]
    assert [e.start for e in more] == [300, 400]


def test_a_weak_second_passage_waits_until_it_is_asked_for() -> None:
    shown, more = choose([Evidence("E", "lab", 0, 30, 0.3, ""), Evidence("E", "lab", 100, 130, 0.29, "")], " " * 200)
    assert [e.start for e in shown] == [0]
    assert [e.start for e in more] == [100]


def test_neighbouring_sentences_of_one_letter_are_one_passage() -> None:
    shown, more = choose([Evidence("T", "drug", 0, 30, 0.9, ""), Evidence("T", "drug", 31, 60, 0.5, "")], " " * 60)
    assert [(e.start, e.end) for e in shown] == [(0, 60)]
    assert more == ()


def test_a_passage_ends_with_its_line() -> None:
    shown, _ = choose(
        [Evidence("T", "drug", 0, 30, 0.9, ""), Evidence("T", "drug", 31, 60, 0.5, "")], "x" * 30 + "\n" + "x" * 30
    )
    assert [(e.start, e.end) for e in shown] == [(0, 30), (31, 60)]


def test_a_letter_that_is_hardly_proven_is_not_shown() -> None:
    assert choose([Evidence("M", "words", 0, 30, 0.08, "")], " " * 30) == ((), ())


def test_a_bare_list_entry_says_what_is_missing_in_words_fit_for_a_query(screen_text: Any) -> None:
    bare = of(screen_text("Past Medical History:\nRheumatoid arthritis\n\nAssessment:\nSprained ankle, ice.", None), "M06")
    assert bare.tier == "mention_only"
    assert all(word in bare.reason for word in ("monitored", "evaluated", "assessed", "treated"))


def test_a_number_before_a_name_says_nothing_of_it() -> None:
    lexicon = load_lexicon()
    for written, said in (("2. Kidney disease.", False), ("2. Kidney disease, unchanged since the spring.", True)):
        document = analyse(f"ASSESSMENT AND PLAN:\n1. Gout, no attacks on allopurinol.\n{written}\n", lexicon)
        items = detect(document, lexicon)
        located = find_mentions(document, lexicon, False, support_of(items))
        found = [e for e, code in link_candidates(document, located, items, lexicon) if code == "N28.9"]
        assert any(document.text[e.start : e.end] == written for e in found) == said


def test_a_word_speaks_first_of_all_for_the_conditions_of_the_chapter_that_most_of_its_rows_are_of() -> None:
    lexicon = load_lexicon()
    document = analyse("TSH 2.4", lexicon)
    first = frozenset[str]().union(*(item.word.main for item in detect(document, lexicon)))
    assert "hypothyroidism" in first
    assert "atrial_fibrillation" not in first


def test_of_chapters_named_as_often_a_word_speaks_first_of_all_for_the_first_in_the_book(tmp_path: Path) -> None:
    conditions, evidence = "condition,name,course,attributes,code,source\n", "kind,words,conditions,elements,source\n"
    letters = "abcdefghij"  # many, for the order of two in a set may be right by chance
    for x in letters:
        conditions += f"gland_{x},Gland,lifelong,,E03.9,test\nskin_{x},Skin,lifelong,,L40.9,test\n"
        evidence += f"lab,{x}ase,skin_{x}|gland_{x},,test\n"
    for kind, rows in (("conditions", conditions), ("evidence", evidence)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "own.csv").write_text(rows, encoding="utf-8")
    lexicon = compile_lexicon(load([tmp_path])[0], load_codes(), Normalizer({}))
    first = [word.main for found in lexicon.evidence.entries.values() for _, word in found if word.conditions]
    assert first == [frozenset({f"gland_{x}"}) for x in letters]
