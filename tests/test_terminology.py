"""The code set, the HCC models and the knowledge files."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from hccassist.terminology import groups
from hccassist.terminology.check import begun, reference_problems, repeated_rows, report
from hccassist.terminology.codes import load_codes, search_codes
from hccassist.terminology.compiled import load_lexicon, named_wordings
from hccassist.terminology.lexicon import compile_lexicon
from hccassist.terminology.rows import HERE, load
from hccassist.terminology.spelling import Spelling, companies, vocabularies
from hccassist.terminology.words import Normalizer, each_term, expand_braces


def test_every_shipped_knowledge_row_is_valid_and_names_billable_codes() -> None:
    knowledge, problems = load()
    assert problems == []
    assert reference_problems(knowledge) == []
    assert repeated_rows([HERE]) == []


def test_what_supports_a_code_is_told_for_its_own_kind_of_disease() -> None:
    lexicon = load_lexicon()
    unspecific = lexicon.support_of("?")
    assert all(lexicon.support_of(code) != unspecific for code in lexicon.codes.titles if lexicon.codes.pays(code))
    assert "spirometry" in lexicon.support_of("J44.9").evaluate
    assert "PHQ-9" in lexicon.support_of("F33.1").evaluate


def test_every_payment_category_can_be_reached_by_a_condition() -> None:
    codes, (knowledge, _) = load_codes(), load()
    reached: dict[str, set[str]] = {"V28": set(), "V24": set()}
    for condition in knowledge.conditions.values():
        for _, code in condition.codes:
            for model, found in reached.items():
                found.update(codes.categories(code, model))
    for row in knowledge.combinations:
        for model, found in reached.items():
            found.update(codes.categories(row.code, model))
    every = {m: {c for table in codes.hcc[m].values() for cats in table.values() for c in cats} for m in reached}
    assert len(every["V28"]) == 115
    assert len(every["V24"]) == 86
    assert every["V28"] - reached["V28"] == set()
    assert every["V24"] - reached["V24"] == set()


@pytest.mark.parametrize(
    ("code", "v28", "v24"),
    [
        ("I50.9", "226", "85"),
        ("F32.A", None, None),
        ("F32.1", "155", "59"),
        ("Z89.511", "409", "189"),
        ("Z99.2", None, "134"),
        ("I10", None, None),
    ],
)
def test_categories_come_from_the_tables_of_cms(code: str, v28: str | None, v24: str | None) -> None:
    hcc = load_codes().hcc_of(code)
    assert (hcc["V28"].category if "V28" in hcc else None) == v28
    assert (hcc["V24"].category if "V24" in hcc else None) == v24


def test_a_category_carries_its_models_own_label() -> None:
    assert load_codes().hcc_of("I50.9")["V28"].label == "Heart Failure, Except End-Stage and Acute"


def test_a_code_retired_since_is_valid_for_services_of_its_time() -> None:
    codes = load_codes()
    assert codes.valid_on("G35.D", date(2026, 5, 1))
    assert not codes.valid_on("G35", date(2026, 5, 1))
    assert codes.valid_on("G35", date(2024, 5, 1))


def test_a_new_code_is_not_valid_before_its_release() -> None:
    codes = load_codes()
    assert not codes.valid_on("G35.D", date(2024, 5, 1))


def test_search_finds_codes_by_title_words_and_by_code() -> None:
    assert search_codes("chronic systolic heart failure")[0][0] == "I50.22"
    assert search_codes("E11.22")[0][0] == "E11.22"
    assert search_codes("E11.22")[0][1].endswith("chronic kidney disease")
    assert search_codes("e1122")[0][2].startswith("V28 HCC 37")


def test_spelling_variants_become_the_same_words() -> None:
    normalizer = Normalizer({"s/p": "status post", "fx": "fracture"})
    assert normalizer.words("Parkinson's disease") == normalizer.words("Parkinson disease")
    assert normalizer.words("s/p hip fx") == normalizer.words("status post hip fracture")
    assert normalizer.words("anaemia, tumour") == normalizer.words("anemia tumor")


def test_a_misspelt_or_badly_scanned_word_is_the_one_medical_word_it_can_be() -> None:
    words = vocabularies(
        ["pneumonia", "hernia", "cancer", "hypothyroidism", "adduction"],
        ["pneumonia", "hernia", "cancer", "hypothyroidism", "pembrolizumab", "addiction", "thrombosed", "thromboser"],
    )
    normalizer = Normalizer({"addition": "addition"}, Spelling(words))
    assert normalizer.words("pnuemonia and hypothyriodism") == ("pneumonia", "and", "hypothyroidism")
    assert normalizer.words("pembrolizurnab for hemia") == ("pembrolizumab", "for", "hernia")
    # A known word, one that a row protects, a short one, and one that could be two others stay as they are.
    assert normalizer.words("adduction addition cancel thrombosea") == ("adduction", "addition", "cancel", "thrombosea")


def test_a_shorter_word_with_a_misread_letter_is_repaired_beside_a_word_that_tells_what_it_was() -> None:
    wordings = [("heart", "failure"), ("chronic", "kidney", "disease"), ("heroin", "abuse")]
    words = vocabularies([], [word for wording in wordings for word in wording])
    normalizer = Normalizer({}, Spelling(words, companies(wordings)))
    assert normalizer.words("HEART FATLURE, chronic kldney problem") == ("heart", "failure", "chronic", "kidney", "problem")
    assert normalizer.words("a fatlure told herein with two") == ("a", "fatlure", "told", "herein", "with", "two")


def test_a_long_word_broken_off_is_the_commonest_that_begins_so() -> None:
    names = ["thrombocytopenia", "thrombocytopenia", "thrombocytopathy", "hepatopulmonary", "provisional"]
    normalizer = Normalizer({"provision": "provision"}, Spelling(vocabularies([], names), companies((n,) for n in names)))
    assert normalizer.words("thrombocyt and hepatopulm synd") == ("thrombocytopenia", "and", "hepatopulmonary", "synd")
    assert normalizer.words("provision hepato") == ("provision", "hepato")


@pytest.mark.parametrize("word", ["regarded", "breeding", "concession", "peacemaker", "impatient", "detention", "elephant"])
def test_everyday_words_are_never_repaired(word: str) -> None:
    assert load_lexicon().normalizer.words(word) == (word,)


def test_a_word_cut_off_is_completed_by_its_neighbours_or_when_its_stem_leaves_no_doubt() -> None:
    wordings = [
        ("follicular", "lymphoma"), ("cell", "lymphoma"), ("retinal", "vein", "occlusion"), ("bullous", "pemphigoid"),
        ("pemphigus", "vulgaris"), ("schizophrenia",), ("paranoid", "schizophrenia"), ("chronic", "schizophrenia"),
        ("schizophrenic",), ("lymph", "node"),
    ]  # fmt: skip
    words = {word for wording in wordings for word in wording}
    normalizer = Normalizer({}, Spelling(vocabularies(words, words), companies(wordings)))
    assert normalizer.words("foll lymphoma") == ("follicular", "lymphoma")
    assert normalizer.words("bullous pemphig. on the arms")[:3] == ("bullous", "pemphigoid", "on")
    assert normalizer.words("schizophr, stable")[0] == "schizophrenia"
    # A word of its own is completed only with a full stop and beside a word that the longer one is known with.
    assert normalizer.words("cell lymph. of bone")[:2] == ("cell", "lymphoma")
    assert normalizer.words("lymph node") == ("lymph", "node")
    # Two diseases share this stem, and nothing beside it tells them apart.
    assert normalizer.words("pemphig seen") == ("pemphig", "seen")


def test_no_wording_holds_a_word_broken_off() -> None:
    """A wording with "pembro" in it makes that a word, which then is completed nowhere. Such a beginning belongs into
    ``abbreviations.csv``; one that is a word itself ("glioma", "gliomatosis") stands in ``whole_words.csv``."""
    with (Path(__file__).parent / "data" / "whole_words.csv").open(encoding="utf-8") as file:
        whole = {word for row in csv.DictReader(file) for word in row["words"].split("|")}
    knowledge, _ = load()
    lexicon = compile_lexicon(
        knowledge, load_codes(), Normalizer({row.written: row.meaning for row in knowledge.abbreviations})
    )
    whole.update(word for title in lexicon.codes.titles.values() for word in lexicon.normalizer.words(title))
    broken = begun(word for words in named_wordings(lexicon) for word in words)
    assert {word: longer[0] for word, longer in broken.items() if word not in whole} == {}


def test_a_teams_folder_is_checked_for_broken_off_words_repeated_rows_and_uneven_abbreviations(tmp_path: Path) -> None:
    (tmp_path / "terms").mkdir()
    row = "psoriatic_arthritis,,psoria joints|mutilans joint,,the team"
    (tmp_path / "terms" / "own.csv").write_text(f"condition,attributes,terms,flags,source\n{row}\n{row}\n", encoding="utf-8")
    uneven = "written,meaning,source\nfoo bar,fooling,the team\n"
    (tmp_path / "abbreviations.csv").write_text(uneven, encoding="utf-8")
    lines, wrong = report([HERE, tmp_path])
    assert wrong == 3
    assert any("“psoria” looks broken off" in line for line in lines)
    assert any("own.csv:3: says what terms/own.csv:2 says" in line for line in lines)
    assert any("foo bar: must have as many words" in line for line in lines)


def test_a_side_is_told_from_a_vertebra() -> None:
    normalizer = Normalizer({})
    assert normalizer.words("L BKA")[0] == "left"
    assert normalizer.words("L3 fracture")[0] == "l"


def test_braces_stand_for_each_alternative() -> None:
    assert expand_braces("{acute;} {MI;infarct}") == ("acute MI", "acute infarct", "MI", "infarct")


def test_a_wrong_row_is_named_with_file_line_and_cause(tmp_path: Path) -> None:
    folder = tmp_path / "terms"
    folder.mkdir()
    (folder / "own.csv").write_text("condition,attributes,terms,flags,source\nheart_failure,,pump trouble,loud,our clinic\n")
    _, problems = load([tmp_path])
    assert len(problems) == 1
    assert problems[0].startswith("terms/own.csv:2: flags")


def test_a_file_that_no_kind_of_knowledge_has_the_name_of_is_named(tmp_path: Path) -> None:
    (tmp_path / "term.csv").write_text("condition,terms\n")
    assert load([tmp_path])[1] == [
        f"{tmp_path.name}/term.csv: no kind of knowledge file has this name; docs/knowledge.md lists them"
    ]


def test_a_team_adds_to_the_words_that_say_an_operation_is_only_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "word_groups.csv").write_text("group,words,source\nplanned,pencilled|penciled,our surgeons\n")
    monkeypatch.setenv("HCCASSIST_KNOWLEDGE", str(tmp_path))
    assert load([tmp_path])[1] == []
    assert {"pencilled", "declines", "scheduled"} & groups.read()["planned"] == {"pencilled", "scheduled"}


def test_a_way_to_say_something_is_checked_and_a_team_adds_its_own(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("group,pattern,source\nover,burnt out,our clinic\nover,(gone,our clinic\n")
    problems = load([tmp_path])[1]
    assert len(problems) == 1
    assert "course.csv:3: pattern: Value error, not a regular expression" in problems[0]
    assert groups.said("over").search("her melanoma was RESECTED")


def test_a_number_sign_in_an_evidence_word_stands_for_any_number() -> None:
    from hccassist.terminology.phrases import Phrases
    from hccassist.terminology.words import Normalizer

    normalizer, found = Normalizer({}), Phrases[str]()
    for words in ("gained # pounds", "gained weight", "wound # x # cm"):
        found.add(normalizer.words(words), words)

    def in_text(text: str) -> list[str]:
        tokens = normalizer.tokens(text)
        return [value for _, _, values in found.find(tokens, 0, len(tokens)) for value in values]

    assert in_text("He gained 8 pounds, she gained ten pounds.") == ["gained # pounds"] * 2
    assert in_text("Wound 3.5 x 2 cm") == ["wound # x # cm"]
    assert in_text("gained several pounds") == []


def test_a_saying_is_whole_words_and_one_with_a_caret_opens_its_sentence() -> None:
    said = dict(groups.sayings("says_"))
    assert said["denied"].search("It isn't worse.")
    assert not said["denied"].search("Nodules noted.")
    assert said["conditional"].search("- If the pain returns, call.")
    assert not said["conditional"].search("We asked if pain returned.")


def test_a_team_adds_its_own_words_without_touching_code(tmp_path: Path) -> None:
    from hccassist.terminology.rows import HERE

    folder = tmp_path / "terms"
    folder.mkdir()
    (folder / "own.csv").write_text("condition,attributes,terms,flags,source\nheart_failure,,pump trouble,,our clinic\n")
    knowledge, problems = load([HERE, tmp_path])
    assert problems == []
    lexicon = compile_lexicon(knowledge, load_codes(), Normalizer({}))
    tokens = lexicon.normalizer.tokens("known pump trouble")
    assert [t.condition for _, _, terms in lexicon.terms.find(tokens, 0, len(tokens)) for t in terms] == ["heart_failure"]


def test_every_payment_category_has_many_wordings_beyond_its_titles() -> None:
    codes, (knowledge, _) = load_codes(), load()
    titles = {title.lower() for title in codes.titles.values()}
    wordings: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in knowledge.terms:
        said = dict(pair.split("=", 1) for pair in row.attributes)
        reached = {
            (model, category)
            for need, code in knowledge.conditions[row.condition].codes
            if all(said.get(name, value) == value for name, value in (pair.split("=", 1) for pair in need))
            for model in ("V28", "V24")
            for category in codes.categories(code, model)
        }
        for found in reached:
            wordings[found].update(w.lower() for w in each_term(row.terms) if w.lower() not in titles)
    every = {(m, c) for m in ("V28", "V24") for table in codes.hcc[m].values() for cats in table.values() for c in cats}
    assert {found for found in every if len(wordings[found]) < 10} == set()
