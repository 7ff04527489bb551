"""The bench: what a policy or a ranker would show and hold back, on judged suggestions, and how a change is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from app import chrome, components, fields, qa_charts, session
from app.plain import plain
from hccassist.evaluation import LabelledError
from hccassist.qa import desk, learning
from hccassist.qa.bench import Bench, CategoryChange, Outcome, Summary
from hccassist.qa.labelled import Judged, Loaded
from hccassist.qa.noise import GROUPINGS, noise
from hccassist.ranking.model import Ranker
from hccassist.ranking.policy import Policy
from hccassist.review import DecisionError
from hccassist.review.people import Person
from hccassist.review.versions import Kind, Versions

SHOWN_SENTENCES = 200
KINDS = ["Our decisions", "Labelled cases"]
REASON = "Reason, for the record"
AFFECTED = ["change", "judged", "confidence", "code", "condition", "words of the chart", "chart"]
PATH_HINT = "A file or folder on this machine: labelled notes or charts, cases (.jsonl, .csv), or what `hccassist bench` made"


@st.cache_resource(show_spinner="Reading what was judged", max_entries=4)
def judged(source: str, stamp: object) -> tuple[Loaded, Bench]:
    """The judged suggestions of a source; ``stamp`` changes when they do."""
    loaded = desk.judged(session.store(), source)
    return loaded, Bench(loaded.rows)


def choose_source() -> tuple[Loaded, Bench] | None:
    """The judged suggestions that the bench works on."""
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    # A widget that is not drawn forgets: what was chosen is kept beside it, for the way back from another part.
    kept_kind, kept_path = st.session_state.get("qa-source", (KINDS[0], ""))
    with left:
        kind = fields.picked("Judged by", "qa-kind", {k: k for k in KINDS}, kept_kind, in_sight=True)
    source = ""
    if kind != KINDS[0]:
        with right:
            source = fields.line(PATH_HINT, "qa-path", most=1000, begin=kept_path)
    st.session_state["qa-source"] = (kind, source or kept_path)
    if kind != KINDS[0] and not source:
        st.info("Name the labelled cases first.")
        return None
    try:
        found = judged(source, _stamp(source))
    except LabelledError as error:
        st.error(plain(error))
        return None
    loaded, bench = found
    counts = f"{chrome.counted(len(loaded.rows), 'judged suggestion')} in {chrome.counted(len(bench.charts), 'chart')}"
    (st if source else right).text(counts)
    for reason, count in loaded.left_out.items():
        st.text(f"{count} left out: {reason}")
    if not loaded.rows:
        st.info("Nothing was judged yet: accept or reject suggestions in the review, or name labelled cases.")
        return None
    return found


def _stamp(source: str) -> object:
    if not source:
        return session.store().last_event()
    path = Path(source).expanduser()
    return path.stat().st_mtime_ns if path.exists() else None


@st.fragment
def thresholds(person: Person, loaded: Loaded, bench: Bench) -> None:
    """Thresholds moved one after the other: what the draft would gain and lose."""
    policy, ranker = in_force()
    draft = drafted(policy, loaded)
    save(person, draft, changed=draft is not policy)
    before = bench.outcome(policy, ranker)
    after = bench.under(draft, before.p)
    change = bench.change(before, after)
    figures(bench.summary(before), bench.summary(after))
    sentences, beside = st.columns([5, 3])
    with sentences:
        st.markdown(f"**Newly shown: {split(bench, change.gained)} · **no longer shown: {split(bench, change.lost)}")
        if max(len(change.gained), len(change.lost)) > SHOWN_SENTENCES:
            st.text(f"The {SHOWN_SENTENCES} most confident of each are listed.")
        rows = [affected(bench.rows[k], float(after.p[k]), "newly shown") for k in change.gained[:SHOWN_SENTENCES]]
        rows += [affected(bench.rows[k], float(after.p[k]), "no longer") for k in change.lost[:SHOWN_SENTENCES]]
        nothing = "Move the threshold: the sentences that it shows or hides are listed here."
        components.table(key="qa-sentences", data={"columns": AFFECTED, "rows": rows, "empty": nothing})
    with beside:
        draw(bench, {"in force": before, "draft": after}, (st.container(), st.container()))
        charts = [[c.chart, c.gained_right, c.gained_wrong, c.lost_right, c.lost_wrong] for c in bench.by_chart(change)]
        titles = ["chart", "+ supported", "+ noise", "− supported", "− noise"]
        components.table(key="qa-charts", data={"columns": titles, "rows": charts, "empty": "No chart changes."})


def drafted(policy: Policy, loaded: Loaded) -> Policy:
    """The policy with the thresholds that were moved so far: one at a time is chosen and moved here."""
    which, what, slider = st.columns([2, 2, 4])
    with which:
        kind = fields.picked("Threshold of", "qa-which", desk.THRESHOLDS, next(iter(desk.THRESHOLDS)))
    names = desk.names_of(kind, loaded)
    with what:
        name = fields.picked("Which", f"qa-name-{kind}", names, next(iter(names))) if names else ""
    store, who = session.store(), session.who()
    moves = desk.draft(store, who, policy)
    before, _ = desk.drafted(policy, moves)
    now = desk.threshold_now(before, kind, name)
    with slider:
        field = f"qa-value-{kind}-{name}-{policy.version}-{st.session_state.get('qa-drafts', 0)}"
        value = fields.number("Shown from this confidence on", field, (0, 1, 0.01), now, slide=True)
    if value != now:
        moves[kind, name] = value
        desk.keep_draft(store, who, policy, moves)
    draft, told = desk.drafted(policy, moves)
    in_draft(policy, told)
    return draft


def split(bench: Bench, rows: NDArray[np.int_]) -> str:
    """How many suggestions, and how many of them are supported; the count ends what is in bold."""
    right = int(bench.y[rows].sum())
    return f"{len(rows)}** ({right} supported, {len(rows) - right} noise)"


def in_draft(policy: Policy, moves: Sequence[desk.Moved]) -> None:
    """Every threshold that the draft moves, and the way back to the policy in force. The line is there before one is moved:
    what stands below it stays where it is."""
    told = [f"{named(m.kind, m.name)} {m.before:.2f} → {m.now:.2f}" for m in moves]
    words, button = st.columns([8, 1], vertical_alignment="center")
    words.text("Draft: " + (" · ".join(told) or "as the policy in force"))

    def start_over() -> None:
        desk.keep_draft(session.store(), session.who(), policy, {})
        st.session_state["qa-drafts"] = st.session_state.get("qa-drafts", 0) + 1  # the sliders of a new draft are new ones

    button.button("Start over", on_click=start_over, disabled=not told, width="stretch")


def named(kind: str, name: str) -> str:
    """A threshold in the words of a line."""
    return f"HCC {name}" if kind == "hcc" else name or desk.THRESHOLDS[kind].lower()


def affected(row: Judged, confidence: float, change: str) -> list[str]:
    """A suggestion that a change affects, as a row to read."""
    verdict = "supported" if row.supported else "noise"
    return [change, verdict, f"{confidence:.2f}", row.icd10, row.condition, row.sentence, row.chart]


def figures(before: Summary, after: Summary) -> None:
    """The figures after a change, with the difference it makes."""
    columns = st.columns(5)
    for column, label, a, b, form, good in (
        (columns[0], "Shown", before.shown, after.shown, "d", "off"),
        (columns[1], "Precision", before.precision, after.precision, ".3f", "normal"),
        (columns[2], "Recall", before.recall, after.recall, ".3f", "normal"),
        (columns[3], "Noise per chart", before.noise, after.noise, ".2f", "inverse"),
        (columns[4], "Supported, not shown", before.missed, after.missed, "d", "inverse"),
    ):
        known = a == a and b == b  # NaN: nothing to take a share of
        change = format(b - a, "+" + form) if known and b != a else None
        column.metric(label, format(b, form) if b == b else "–", change, delta_color=good)  # type: ignore[arg-type]


def draw(bench: Bench, outcomes: dict[str, Outcome], places: Sequence[DeltaGenerator]) -> None:
    """The two plots for one or two outcomes."""
    left, right = places
    points = {}
    for name, outcome in outcomes.items():
        figure = bench.summary(outcome)
        points[name] = (figure.recall, figure.precision)
    curves = {name: bench.curve(outcome) for name, outcome in outcomes.items()}
    left.altair_chart(qa_charts.precision_recall(curves, points), key="qa-pr-" + "-".join(outcomes))
    bins = {name: bench.reliability(outcome) for name, outcome in outcomes.items()}
    right.altair_chart(qa_charts.reliability(bins), key="qa-reliability-" + "-".join(outcomes))


def save(person: Person, draft: Policy, changed: bool) -> None:
    """Keep the draft as a new version, and put it in force if asked. It stands beside the draft, above what the draft would do:
    the lists and plots of that are longer than a small screen."""
    version_column, reason_column, use_column, button = st.columns([2, 4, 2, 1], vertical_alignment="bottom")
    with version_column:
        version = fields.line("New policy version", "qa-new-version", most=64)
    with reason_column:
        reason = fields.line(REASON, "qa-reason")
    with use_column:
        use = fields.ticked("Put in force for the next screening", "qa-use")
    if button.button("Save", width="stretch"):
        if not changed:
            st.warning("Move a threshold first: the draft is the policy in force.")
            return
        entered = ("qa-new-version", "qa-reason", "qa-use")
        said = f"{version} is saved" + (" and in force for the next screening." if use else ", not in force yet.")
        chrome.attempt(lambda: _keep(person, draft, version, reason, use, entered), said)


def _keep(person: Person, draft: Policy, version: str, reason: str, use: bool, entered: Sequence[str]) -> None:
    person.require("lead")
    desk.keep_policy(session.store(), draft, version, person.name, reason)
    if use:
        desk.put_in_force(session.store(), "policy", version, person.name, reason)
    fields.settled(*entered)


def categories(bench: Bench) -> None:
    """Every V28 category under the policy in force, the noisiest first."""
    policy, ranker = in_force()
    titles = ["V28", "category", "judged", "shown", "noise", "supported, not shown", "precision", "threshold"]
    found = bench.by_category(policy, bench.outcome(policy, ranker))
    rows = [
        [c.category or "–", c.label, c.judged, c.shown, c.wrong, c.missed, _share(c.precision), f"{c.threshold:.2f}"]
        for c in found
    ]
    components.table(key="qa-categories", data={"columns": titles, "rows": rows})


def in_force() -> tuple[Policy, Ranker]:
    """The policy and the ranker in force."""
    store = session.store()
    return desk.policies(store)[desk.in_force(store, "policy")], desk.rankers(store)[desk.in_force(store, "ranker")]


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"  # NaN: nothing to take a share of


@st.fragment
def compare(bench: Bench) -> None:
    """Two policies or two rankers, side by side."""
    found, models = desk.policies(session.store()), desk.rankers(session.store())
    policies: dict[str, Policy] = {}
    outcomes: dict[str, Outcome] = {}
    for column, side in zip(st.columns(2), ("A", "B"), strict=True):
        with column:
            policy_name = fields.picked(f"Policy {side}", f"qa-policy-{side}", {v: v for v in found}, next(iter(found)))
            model_name = fields.picked(f"Ranker {side}", f"qa-ranker-{side}", {v: v for v in models}, next(iter(models)))
        policies[side] = found[policy_name]
        outcomes[side] = bench.outcome(policies[side], models[model_name])
        s = bench.summary(outcomes[side])
        column.markdown(
            f"shown **{s.shown}** · precision **{_share(s.precision)}** · recall **{_share(s.recall)}** · noise per chart "
            f"**{s.noise:.2f}** · average precision **{s.average_precision:.3f}** · calibration error "
            f"**{s.calibration_error:.3f}**"
        )
    draw(bench, outcomes, st.columns(2))
    change = bench.change(outcomes["A"], outcomes["B"])
    p = outcomes["B"].p
    rows = [affected(bench.rows[k], float(p[k]), "only B shows") for k in change.gained[:SHOWN_SENTENCES]]
    rows += [affected(bench.rows[k], float(outcomes["A"].p[k]), "only A shows") for k in change.lost[:SHOWN_SENTENCES]]
    components.table(key="qa-compare", data={"columns": AFFECTED, "rows": rows, "empty": "Both show the same."})
    st.markdown("**By category**, what changes most first. Noise: shown without support.")
    titles = ["V28", "category", "judged", "shown", "noise", "supported, not shown", "precision", "threshold"]
    changes = bench.compare_categories((policies["A"], outcomes["A"]), (policies["B"], outcomes["B"]))
    data = {"columns": titles, "rows": [category_change(c) for c in changes]}
    components.table(key="qa-compare-categories", data=data)


def category_change(change: CategoryChange) -> list[object]:
    """A category under A and B as a row to read; what is alike stands once."""
    a, b = change.a, change.b
    pairs = [(a.shown, b.shown), (a.wrong, b.wrong), (a.missed, b.missed), (_share(a.precision), _share(b.precision))]
    pairs.append((f"{a.threshold:.2f}", f"{b.threshold:.2f}"))
    return [a.category or "–", a.label, a.judged, *(str(x) if x == y else f"{x} → {y}" for x, y in pairs)]


@st.fragment
def noisy(loaded: Loaded) -> None:
    """What is rejected most, with examples."""
    grouping = fields.picked("By", "qa-grouping", {g: g for g in GROUPINGS}, "term", in_sight=True)
    rows = [
        [n.name, n.rejected, n.judged, f"{n.share:.0%}", n.reason, " ▪ ".join(f"{e.icd10}: {e.sentence}" for e in n.examples)]
        for n in noise(loaded.rows, grouping)
    ]
    titles = [grouping, "rejected", "judged", "share", "commonest reason", "examples"]
    components.table(key="qa-noise", data={"columns": titles, "rows": rows, "empty": "Nothing was rejected."})


def learn(person: Person, loaded: Loaded) -> None:
    """A challenger from the team's decisions; only a person promotes it."""
    rows = [r for r in loaded.rows if r.who]
    if not rows:
        st.info("A challenger learns from decisions: choose our decisions above.")
        return
    if lacking := learning.missing(rows):
        st.text("Too few decisions to learn from; needed: " + ", ".join(lacking))
        return
    version = fields.line("Version of the challenger", "qa-challenger", most=64)
    if st.button("Train a challenger", disabled=not version):
        try:
            person.require("lead")
            st.session_state["qa-challenge"] = desk.train_challenger(session.store(), version, person.name)
        except (DecisionError, learning.TooLittle) as error:
            st.warning(plain(error))
    for line in st.session_state.get("qa-challenge", []):
        st.text(line)


def versions(person: Person) -> None:
    """Which versions there are, which are in force, and the record of every change."""
    store = session.store()
    for kind in ("policy", "ranker"):
        put(person, kind)
    hand_in(person)
    policy = desk.policies(store)[desk.in_force(store, "policy")]
    name = f"policy-{policy.version}.toml"
    chrome.download(st.columns([1, 4])[0], "Policy in force, as a file", policy.to_toml, name, "application/toml")
    titles = ["no.", "when (UTC)", "who", "kind", "what", "version", "reason"]
    rows = [
        [e.seq, chrome.when(e.at), e.who, e.kind, chrome.DONE[e.action], e.version, e.reason]
        for e in reversed(Versions(store).record())
        if e.kind != "role"
    ]
    components.table(key="qa-versions", data={"columns": titles, "rows": rows})


def hand_in(person: Person) -> None:
    """Keep a policy that somebody wrote as a file: a version like any other, not in force before it is put there."""
    with st.container(border=True):
        file_column, reason_column, button = st.columns([4, 4, 1], vertical_alignment="bottom")
        with file_column:
            given = fields.file("A policy file (TOML, docs/policy.md)", "qa-policy-file", ".toml")
        with reason_column:
            reason = fields.line(REASON, "qa-reason-file")
        if button.button("Keep", width="stretch"):
            if given is None:
                st.warning("Choose a policy file first.")
                return
            chrome.attempt(lambda: _hand_in(person, given, reason), "The policy is saved, not in force yet.")


def _hand_in(person: Person, given: fields.Given, reason: str) -> None:
    policy = desk.given_policy(given.name, given.content)
    _keep(person, policy, policy.version, reason, use=False, entered=("qa-policy-file", "qa-reason-file"))


def put(person: Person, kind: Kind) -> None:
    """Put a version in force: a new one, or an earlier one again."""
    store = session.store()
    known = list(desk.policies(store) if kind == "policy" else desk.rankers(store))
    with st.container(border=True):
        words, version_column, reason_column, button = st.columns([2, 2, 4, 1], vertical_alignment="bottom")
        words.text(f"{kind.capitalize()} in force: {desk.in_force(store, kind)}")
        with version_column:
            version = fields.picked("Put in force", f"qa-version-{kind}", {v: v for v in known}, known[0])
        with reason_column:
            reason = fields.line(REASON, f"qa-reason-{kind}")
        if button.button("Use", key=f"qa-use-{kind}", width="stretch"):
            chrome.attempt(lambda: _use(person, kind, version, reason), f"{version} is in force for the next screening.")


def _use(person: Person, kind: Kind, version: str, reason: str) -> None:
    person.require("lead")
    desk.put_in_force(session.store(), kind, version, person.name, reason)
    fields.settled(f"qa-reason-{kind}")


def main() -> None:
    """The source, then one part of the bench at a time."""
    person = session.require("lead")
    parts = ["Thresholds", "Categories", "Compare", "Noise", "Learning", "Versions"]
    part = fields.picked("Part of the bench", "qa-part", {p: p for p in parts}, "Thresholds", in_sight=True)
    if part == "Versions":
        versions(person)
        return
    found = choose_source()
    if found is None:
        return
    loaded, bench = found
    match part:
        case "Categories":
            categories(bench)
        case "Compare":
            compare(bench)
        case "Noise":
            noisy(loaded)
        case "Learning":
            learn(person, loaded)
        case _:
            thresholds(person, loaded, bench)


main()
