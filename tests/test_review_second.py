"""Second review: samples, blind verdicts, agreement, lessons, and who may do what."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from review_builder import write_chart, write_results

from hccassist.review import Action, Code, DecisionError, OpenChart, Quote, Store, open_store
from hccassist.review.claims import Claim
from hccassist.review.decisions import Decision
from hccassist.review.people import ADMINS_ENV, NotAllowed, People, Person
from hccassist.review.samples import Samples
from hccassist.review.second_review import Drawable, Pair, agreement, draw, guidelines, in_words, matching
from hccassist.review.versions import Versions

HF, DM, STROKE = "e1:I50.22", "e1:E11.22", "e1:I63.9"
LEAD, CODER = Person("lee", "lead"), Person("ann", "coder")


@pytest.fixture
def store(tmp_path: Path, url: str) -> Store:
    root = tmp_path / "charts"
    opened = open_store(url)
    opened.import_results(write_results(tmp_path / "results", root, [write_chart(root, f"{n}.txt") for n in range(3)]))
    return opened


def chart(store: Store, number: int = 1) -> OpenChart:
    opened = store.open_chart(number)
    assert opened is not None
    return opened


def act(store: Store, kind: str, suggestion: str = HF, who: str = "ann", number: int = 1, **more: object) -> None:
    store.record(chart(store, number), Action(uuid.uuid4().hex, kind, suggestion, **more), who)  # type: ignore[arg-type]


def judge(store: Store, sample: int, kind: str, suggestion: str = HF, number: int = 1, **more: object) -> None:
    action = Action(uuid.uuid4().hex, kind, suggestion, **more)  # type: ignore[arg-type]
    Samples(store).judge(LEAD, sample, chart(store, number), action)


def drawable(number: int, hcc: str = "226", high_risk: str = "", confidence: float | None = 0.9) -> Drawable:
    return Drawable(number, 1, f"s{number}", "ann", hcc, high_risk, confidence)


# ---- drawing


def test_each_way_of_sampling_draws_from_its_own_decisions() -> None:
    plain, risky, unsure, by_hand = (
        drawable(1), drawable(2, hcc="249", high_risk="Acute stroke"), drawable(3, confidence=0.4), drawable(4, "", "", None),
    )  # fmt: skip
    all_ = [plain, risky, unsure, by_hand]
    assert matching(all_, "random") == all_
    assert matching(all_, "hcc", "249") == [risky]
    assert matching(all_, "hcc", "") == []
    assert matching(all_, "high_risk") == [risky]
    assert matching(all_, "low_confidence") == [unsure]
    assert matching(all_, "low_confidence", "0.95") == [plain, risky, unsure]


def test_a_seed_draws_the_same_sample_again_and_every_decision_can_be_drawn() -> None:
    all_ = [drawable(n) for n in range(20)]
    assert draw(all_, 5, 1) == draw(list(reversed(all_)), 5, 1)
    assert {d.event_seq for seed in range(60) for d in draw(all_, 5, seed)} == set(range(20))
    assert draw(all_, 50, 1) == all_


def test_only_decisions_of_others_that_no_sample_holds_yet_are_drawn(store: Store) -> None:
    act(store, "accept", HF)
    act(store, "reject", DM)
    act(store, "accept", HF, who="lee", number=2)
    samples = Samples(store)
    first = samples.draw(LEAD, "random", 1, seed=3)
    second = samples.draw(LEAD, "random", 5)
    drawn = [i for s in (first, second) for i in samples.items(LEAD, s)]
    assert sorted(i.suggestion_id for i in drawn) == sorted([HF, DM])
    with pytest.raises(DecisionError, match="No decision of somebody else"):
        samples.draw(LEAD, "random", 5)


def test_leads_who_draw_at_once_are_given_different_decisions(store: Store, url: str) -> None:
    for number in (1, 2, 3):
        for suggestion in (HF, DM, STROKE):
            act(store, "accept", suggestion, number=number)
    stores = [open_store(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        drawn = list(pool.map(lambda own: Samples(own).draw(LEAD, "random", 3), stores))
    seqs = [item.event_seq for number in drawn for item in Samples(store).items(LEAD, number)]
    assert len(set(seqs)) == len(seqs) == 9


def test_a_decision_that_was_taken_back_is_not_drawn(store: Store) -> None:
    act(store, "accept")
    act(store, "undo", target=1)
    assert Samples(store).drawable(LEAD) == []


def test_a_submitted_code_that_was_refused_is_no_suggestion_to_read_again(store: Store) -> None:
    act(store, "reject", Claim("0", "2025-03-04", "C50.911").key, reason="other")
    assert Samples(store).drawable(LEAD) == []


# ---- judging, blind


def test_a_verdict_stands_in_the_record_and_changes_nothing_of_the_first(store: Store) -> None:
    act(store, "accept")
    sample = Samples(store).draw(LEAD, "random", 5)
    judge(store, sample, "reject", reason="no_meat", rationale="Only listed.")
    state = chart(store).states[HF]
    assert state.decision is not None
    assert (state.decision.kind, state.decision.who, state.last_seq) == ("accept", "ann", 1)
    assert [e.action.kind for e in store.events()] == ["accept", "second"]
    assert store.verify_audit().intact
    assert len(store.accepted()) == 1


def test_nothing_is_compared_before_the_sample_is_complete_and_nothing_judged_after(store: Store) -> None:
    act(store, "accept", HF)
    act(store, "accept", DM)
    samples = Samples(store)
    sample = samples.draw(LEAD, "random", 5)
    judge(store, sample, "accept", HF)
    assert samples.compare(LEAD, sample) == []
    judge(store, sample, "reject", HF)  # a second thought
    judge(store, sample, "accept", DM)
    assert [(p.suggestion_id, p.agreed) for p in samples.compare(LEAD, sample)] == [(HF, False), (DM, True)]
    with pytest.raises(DecisionError, match="complete"):
        judge(store, sample, "accept", HF)


def test_only_sampled_suggestions_are_judged_and_nobody_judges_their_own(store: Store) -> None:
    act(store, "accept", HF)
    samples = Samples(store)
    sample = samples.draw(LEAD, "random", 5)
    with pytest.raises(DecisionError, match="not in the sample"):
        judge(store, sample, "accept", DM)
    with pytest.raises(DecisionError, match="your own"):
        samples.judge(Person("ann", "lead"), sample, chart(store), Action("x", "accept", HF))


def test_a_second_verdict_cannot_be_smuggled_in_as_a_decision(store: Store) -> None:
    act(store, "accept")
    with pytest.raises(DecisionError, match="from its sample"):
        act(store, "second", target=1, verdict="accept")


def test_a_changed_and_an_added_code_are_compared_by_the_code_itself(store: Store) -> None:
    act(store, "change", HF, code=Code("I50.32"))
    act(store, "add", "added:1", code=Code("J44.9"), quote=Quote(0, 4, "COPD", 1), encounter="e1")
    samples = Samples(store)
    sample = samples.draw(LEAD, "random", 5)
    judge(store, sample, "change", HF, code=Code("I50.32"))
    judge(store, sample, "accept", "added:1")
    assert [p.agreed for p in samples.compare(LEAD, sample)] == [True, True]


def test_the_first_reading_is_compared_as_it_was_when_drawn_even_if_undone_later(store: Store) -> None:
    act(store, "accept")
    act(store, "amend", rationale="Clear.")
    samples = Samples(store)
    sample = samples.draw(LEAD, "random", 5)
    act(store, "undo", target=1)
    judge(store, sample, "reject")
    [pair] = samples.compare(LEAD, sample)
    assert (pair.first.kind, pair.first.rationale, pair.second.kind) == ("accept", "Clear.", "reject")


# ---- agreement


def decision(kind: str) -> Decision:
    return Decision(kind, 1, "ann", "", None, None, None, {"suggestion": {"icd10": "I50.22"}})  # type: ignore[arg-type]


def pairs(*kinds: tuple[str, str, int]) -> list[Pair]:
    found = []
    for first, second, times in kinds:
        found += [Pair(1, 1, "c", "s", decision(first), decision(second))] * times
    return found


def test_kappa_is_cohens() -> None:
    """The textbook table (20, 5, 10, 15): observed 0.70, expected 0.50, so kappa 0.40."""
    found = agreement(
        pairs(("accept", "accept", 20), ("accept", "reject", 5), ("reject", "accept", 10), ("reject", "reject", 15))
    )
    assert (found.pairs, found.agreed, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert in_words(0.4) == "fair"


def test_kappa_is_not_made_up_where_it_is_not_defined() -> None:
    assert agreement(pairs(("accept", "accept", 9))).kappa is None
    assert agreement([]).kappa is None


# ---- lessons


def disagreement(store: Store, who: str, number: int) -> Pair:
    act(store, "accept", HF, who=who, number=number)
    samples = Samples(store)
    sample = samples.draw(LEAD, "random", 1)
    judge(store, sample, "reject", HF, number, reason="no_meat")
    [pair] = samples.compare(LEAD, sample)
    return pair


def test_a_disagreement_becomes_a_lesson_that_its_coder_sees_and_answers(store: Store) -> None:
    pair = disagreement(store, "ann", 1)
    samples = Samples(store)
    samples.explain(LEAD, pair, "second", "evidence", "A drug list is no treatment.", "HF: continue carvedilol.", "support")
    [lesson] = samples.lessons(CODER)
    assert (lesson.why, lesson.example, lesson.guideline, lesson.outcome) == (
        "A drug list is no treatment.", "HF: continue carvedilol.", "support", "second",
    )  # fmt: skip
    samples.reply(CODER, pair.event_seq, "I see.")
    assert samples.lessons(CODER)[0].reply == "I see."
    assert samples.lessons(Person("ben", "coder")) == []
    with pytest.raises(DecisionError, match="not yours"):
        samples.reply(Person("ben", "coder"), pair.event_seq, "Me too.")


def test_a_lesson_needs_a_reason(store: Store) -> None:
    pair = disagreement(store, "ann", 1)
    with pytest.raises(DecisionError, match="teaches nothing"):
        Samples(store).explain(LEAD, pair, "second", "evidence", " ")


def test_what_several_coders_differ_in_is_a_pattern_that_names_none_of_them(store: Store) -> None:
    samples = Samples(store)
    for who, number in (("ann", 1), ("ben", 2)):
        pair = disagreement(store, who, number)
        assert samples.patterns(CODER) == []
        samples.explain(LEAD, pair, "second", "evidence", "Only listed.")
    [pattern] = samples.patterns(CODER)
    assert (pattern.times, pattern.readers, pattern.cause) == (2, 2, "evidence")
    assert not {"ann", "ben"} & set(str(pattern).split("'"))


def test_the_guidelines_to_point_at_have_their_source() -> None:
    keys = [g.key for g in guidelines()]
    assert len(keys) == len(set(keys)) > 15
    assert all(g.title and g.source for g in guidelines())


# ---- rights


def test_a_coder_neither_draws_nor_judges_nor_compares_nor_explains(store: Store) -> None:
    pair = disagreement(store, "ben", 1)
    samples = Samples(store)
    for attempt in (
        lambda: samples.draw(CODER, "random", 1),
        lambda: samples.all(CODER),
        lambda: samples.items(CODER, 1),
        lambda: samples.judge(CODER, 1, chart(store), Action("x", "accept", HF)),
        lambda: samples.compare(CODER, 1),
        lambda: samples.explain(CODER, pair, "first", "slip", "Mine."),
        lambda: samples.lessons(CODER, everybody=True),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_people_get_in_by_their_verified_address_and_the_role_an_admin_gave(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADMINS_ENV, "Ada@Example.org, ")
    people = People(store)
    ada = people.signed_in("ada@example.org", True)
    assert ada == Person("ada@example.org", "admin")
    assert people.signed_in("ben@example.org", True) is None
    people.put(ada, " Ben@Example.org ", "coder")
    ben = people.signed_in("BEN@example.org", True)
    assert ben == Person("ben@example.org", "coder")
    assert people.signed_in("ben@example.org", False) is None
    assert people.signed_in("", True) is None
    people.put(ada, "ben@example.org", "lead", active=False)
    assert people.signed_in("ben@example.org", True) is None
    assert [(m.email, m.role, m.active) for m in people.all()] == [
        ("ada@example.org", "admin", True), ("ben@example.org", "lead", False),
    ]  # fmt: skip
    versions = Versions(store)
    assert [(e.who, e.kind, e.version, e.content) for e in versions.record()] == [
        ("ada@example.org", "role", "coder", "ben@example.org"), ("ada@example.org", "role", "none", "ben@example.org"),
    ]  # fmt: skip
    assert versions.verify().intact
    with pytest.raises(NotAllowed):
        people.put(replace(ben, role="lead"), "eve@example.org", "admin")
    with pytest.raises(DecisionError, match="address"):
        people.put(ada, "nobody", "coder")
