"""Builds results folders for the tests of the review: charts of invented people, with marks for what screening found.

``[[hf]CHF]`` marks a mention of the condition keyed ``hf``; ``[[hf:T]lisinopril 20 mg]`` its evidence.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from hccassist.reading import read_chart
from hccassist.review import OpenChart, Store
from hccassist.schema import (
    ChartError,
    ChartResult,
    EncounterSummary,
    EvidenceSpan,
    HccCategory,
    PageSummary,
    Reason,
    Span,
    Suggestion,
)

MARK = re.compile(r"\[\[([a-z0-9_]+)(?::([MEAT]))?\](.*?)\]", re.S)
PDF_HEIGHT = 792
PDF_LINE_FROM_TOP = 320
KINDS = {"M": "symptom", "E": "lab", "A": "status", "T": "drug"}


@dataclass(frozen=True)
class Condition:
    """What screening would say of a marked condition."""

    condition: str
    icd10: str | None
    description: str
    tier: str = "supported"
    confidence: float = 0.9
    hcc: dict[str, tuple[str, str]] = field(default_factory=dict)
    status: str = "active"
    reason: str = ""
    high_risk: str | None = None
    alternatives: tuple[str, ...] = ()
    why: tuple[tuple[str, float], ...] = (("Named in the assessment", 1.2), ("A drug for it is prescribed", 0.9))


@dataclass(frozen=True)
class Visit:
    """One encounter: its marked text, and who saw the patient when. It fills one page of a plain-text chart's story."""

    text: str
    date: str | None = "2025-03-04"
    provider: str | None = "Jane Roe"
    credential: str | None = "MD"
    setting: str = "office"
    signed: bool | None = True
    valid: str = "yes"
    problems: tuple[str, ...] = ()
    specialty: str | None = "Cardiology"


HF = Condition(
    "heart_failure_systolic_chronic", "I50.22", "Chronic systolic (congestive) heart failure", confidence=0.94,
    hcc={"V28": ("226", "Heart Failure, Except End-Stage and Acute"), "V24": ("85", "Congestive Heart Failure")},
    alternatives=("I50.9", "I50.20"),
)  # fmt: skip
DM = Condition(
    "type_2_diabetes_ckd", "E11.22", "Type 2 diabetes with diabetic CKD", confidence=0.88,
    hcc={"V28": ("37", "Diabetes with Chronic Complications"), "V24": ("18", "Diabetes with Chronic Complications")},
)  # fmt: skip
STROKE = Condition(
    "acute_stroke", "I63.9", "Cerebral infarction, unspecified", confidence=0.55,
    hcc={"V28": ("249", "Ischemic or Unspecified Stroke"), "V24": ("100", "Ischemic or Unspecified Stroke")},
    high_risk="Acute stroke: auditors found 96 % of these unsupported. Look for the inpatient record of the event.",
    why=(("Named in the assessment", 0.6), ("An office visit, not the acute stay", -1.4)),
)  # fmt: skip
COPD = Condition(
    "copd", "J44.9", "Chronic obstructive pulmonary disease, unspecified", tier="mention_only", confidence=0.35,
    hcc={"V28": ("280", "COPD and Other Chronic Lung Disorders"), "V24": ("111", "COPD")},
    reason="Listed, but nothing at this visit monitors, evaluates, assesses or treats it.",
)  # fmt: skip
CKD = Condition(
    "ckd_stage_4", "N18.4", "Chronic kidney disease, stage 4", tier="suspect", confidence=0.2,
    hcc={"V28": ("327", "CKD Stage 4")}, reason="eGFR of 24 and 26 three months apart; no provider names a stage.",
)  # fmt: skip
PE = Condition(
    "pulmonary_embolism", "I26.99", "Other pulmonary embolism without acute cor pulmonale", tier="suppressed",
    confidence=0.05, status="negated", hcc={"V28": ("267", "DVT and Pulmonary Embolism")},
    reason="Ruled out: “CTA negative for”.",
)  # fmt: skip

VISIT = Visit(
    "Patient: Nora Quill   DOB: 02/03/1948\nDate of service: 03/04/2025\n\nHPI: Follow-up. [[hf:M]No orthopnea, weight "
    "stable at home]. <b>Not markup</b> & 5 < 6.\nCTA was negative for [[pe]pulmonary embolism].\n\n"
    "PMH: [[copd]COPD].\n"
    "Labs: [[dm:E]A1c 7.9 %], [[ckd]eGFR 24].\n\nAssessment and plan:\n1. [[hf:A]Chronic systolic heart failure, "
    "compensated]. [[hf]Chronic systolic heart failure]: continue [[hf:T]carvedilol 12.5 mg twice daily].\n"
    "2. [[dm]Type 2 diabetes with diabetic CKD]: [[dm:T]metformin 500 mg].\n3. [[stroke]Stroke] last year, on "
    "[[stroke:T]aspirin 81 mg].\n\nElectronically signed by Jane Roe, MD\n"
)
CONDITIONS = {"hf": HF, "dm": DM, "stroke": STROKE, "copd": COPD, "ckd": CKD, "pe": PE}


def plain(marked: str) -> str:
    """The text without its marks."""
    return MARK.sub(lambda m: m.group(3), marked)


def build_result(name: str, visits: list[Visit], conditions: dict[str, Condition], sha256: str) -> ChartResult:
    """The result of a chart whose visits follow one another in one plain text file, which is one page."""
    suggestions: list[Suggestion] = []
    encounters: list[EncounterSummary] = []
    base = 0
    for number, visit in enumerate(visits, start=1):
        encounter = f"e{number}"
        encounters.append(
            EncounterSummary(
                encounter,
                (1,),
                visit.date,
                visit.date,
                visit.date,
                visit.provider,
                visit.credential,
                visit.setting,
                visit.signed,
                None,
                visit.valid,
                visit.problems,
                specialty=visit.specialty if visit.provider else None,
            )
        )
        mentions: dict[str, list[Span]] = {}
        evidence: dict[str, list[EvidenceSpan]] = {}
        removed = 0
        for m in MARK.finditer(visit.text):
            key, letter, words = m.groups()
            start = base + m.start() - removed
            end = start + len(words)
            removed += len(m.group(0)) - len(words)
            if letter:
                span = EvidenceSpan(start, end, words, 1, (), letter, KINDS[letter], 0.8, f"{KINDS[letter]} for it")
                evidence.setdefault(key, []).append(span)
            else:
                mentions.setdefault(key, []).append(Span(start, end, words, 1))
        base += len(plain(visit.text))
        for key in dict.fromkeys([*mentions, *evidence]):
            c = conditions[key]
            suggestions.append(
                Suggestion(
                    f"{encounter}:{c.icd10 or c.condition}",
                    encounter,
                    c.condition,
                    c.icd10,
                    c.description,
                    c.alternatives,
                    {m: HccCategory(*v) for m, v in c.hcc.items()},
                    c.status,
                    c.tier,
                    c.reason,
                    c.confidence,
                    c.high_risk,
                    tuple(mentions.get(key, ())),
                    tuple(evidence.get(key, ())),
                    tuple(Reason(t, w) for t, w in c.why),
                )
            )
    pages = (PageSummary(1, 0.0, 0.0, "text", 0),)
    versions = {"hccassist": "0.1.0", "ranker": "test"}
    return ChartResult(name, sha256, "ok", None, pages, tuple(encounters), tuple(suggestions), versions)


def write_chart(
    root: Path, name: str, visits: list[Visit] | None = None, conditions: dict[str, Condition] | None = None
) -> ChartResult:
    """Write a plain-text chart under ``root`` and return what screening would have found in it."""
    visits = visits or [VISIT]
    text = "".join(plain(v.text) for v in visits)
    data = text.encode()
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(data)
    return build_result(name, visits, conditions or CONDITIONS, hashlib.sha256(data).hexdigest())


def write_pdf_chart(root: Path, name: str, ink: str = "black") -> ChartResult:
    """Print a one-page PDF chart with one suggestion, whose drug stands ``PDF_LINE_FROM_TOP`` points from the top."""
    root.mkdir(parents=True, exist_ok=True)
    page = Canvas(str(root / name), pagesize=(612, PDF_HEIGHT))
    page.setFillColor(ink)
    page.drawString(72, PDF_HEIGHT - 90, "Assessment: chronic systolic heart failure, compensated.")
    page.drawString(72, PDF_HEIGHT - PDF_LINE_FROM_TOP - 10, "Continue carvedilol 12.5 mg twice daily.")
    page.save()
    chart = read_chart(root / name, name)

    def place(words: str) -> Span:
        start = chart.text.index(words)
        inside = [w.box for w in chart.pages[0].words if start <= w.start and w.end <= start + len(words)]
        box = (inside[0][0], inside[0][1], inside[-1][2], inside[-1][3])
        return Span(start, start + len(words), words, 1, (box,))

    drug = place("carvedilol")
    evidence = EvidenceSpan(drug.start, drug.end, drug.text, 1, drug.boxes, "T", "drug", 0.9, "a drug for it")
    suggestion = Suggestion(
        "e1:I50.22", "e1", "heart failure", "I50.22", HF.description, (), {}, "active", "supported", "", 0.9, None,
        (place("systolic heart failure"),), (evidence,),
    )  # fmt: skip
    pages = (PageSummary(1, 612, PDF_HEIGHT, "text", 0),)
    encounter = EncounterSummary("e1", (1,), None, None, "2025-03-04", "Jane Roe", "MD", "office", True, None, "yes", ())
    return ChartResult(name, chart.sha256, "ok", None, pages, (encounter,), (suggestion,), {"hccassist": "0.1.0"})


def failed(name: str, message: str) -> ChartResult:
    """The result of a file that could not be read."""
    return ChartResult(name, "0" * 64, "error", ChartError("encrypted", message))


def write_results(folder: Path, root: Path, charts: list[ChartResult]) -> Path:
    """A results folder as screening leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    run = {"roots": [str(root)], "created": "2026-01-02T03:04:05+00:00", "versions": {"hccassist": "0.1.0"}}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    lines = [json.dumps(asdict(c), ensure_ascii=False) + "\n" for c in charts]
    (folder / "suggestions.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def chart(store: Store, name: str = "quill.txt") -> OpenChart:
    """A chart of a store as it stands now."""
    opened = store.open_chart(next(r.id for r in store.worklist() if r.chart == name))
    assert opened is not None
    return opened
