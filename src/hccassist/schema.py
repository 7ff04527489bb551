"""The nouns of the project: what passes between its parts, and what the interchange file holds.

All are frozen and serializable. Offsets are code points into ``Chart.text``; boxes are PDF points with the origin at the
top left. Nothing here knows any other module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["active", "history", "negated", "family", "uncertain", "hypothetical"]
Tier = Literal["supported", "mention_only", "suspect", "suppressed"]
Rule = Literal[
    "status", "invalid_record", "excluded", "minor", "only_use", "only_results", "ignored", "no_evidence", "threshold"
]  # fmt: skip
"""What decided a suggestion's tier, in the order in which the rules are asked."""
Element = Literal["M", "E", "A", "T"]
Validity = Literal["yes", "no", "unknown"]
PageSource = Literal["text", "ocr", "unread"]
UnreadReason = Literal["no_ocr", "page_time", "chart_time", "not_opened", "too_coarse", "no_words", "doubtful", "kind"]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in PDF points, origin at the top left of the page as it is displayed."""

UNREAD_REASONS: dict[str, str] = {
    "no_ocr": "it is a scan, and reading scans is switched off or not installed",
    "page_time": "it took longer than a page may take",
    "chart_time": "the time for the whole chart was used up before it",
    "not_opened": "the page is damaged and does not open",
    "too_coarse": "its image has too few pixels to hold text",
    "no_words": "no text was found on it",
    "doubtful": "its print or handwriting is too poor, and words would be guesses",
    "kind": "it is an attachment of a kind that is not read",
}
"""Why a page was not read, each ``UnreadReason`` in words for the coder."""
ELEMENT_NAMES: dict[Element, str] = {"M": "Monitor", "E": "Evaluate", "A": "Assess", "T": "Treat"}


def unread_because(reason: str | None) -> str:
    """Why a page was not read, in words; results of older versions do not say it."""
    return UNREAD_REASONS.get(reason or "", "the reason was not kept")


@dataclass(frozen=True, slots=True)
class Word:
    """One printed word: where it stands in the chart's text and on its page. ``confidence`` is 0 to 1 (1 for a text layer)."""

    start: int
    end: int
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``start``/``end`` bound its share of the chart's text; ``words`` is empty for plain text; ``duplicate_of``
    is the number of the earlier page that it repeats, ``unread`` says why a page of source "unread" was not read."""

    number: int
    width: float
    height: float
    source: PageSource
    rotation: int
    start: int
    end: int
    words: tuple[Word, ...] = ()
    duplicate_of: int | None = None
    unread: UnreadReason | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A file, read: its text and pages. ``noise`` are the text ranges (running headers, fax banners, page numbers) that
    say who and where but belong to no sentence; they stay in ``text`` so that every offset holds."""

    name: str
    sha256: str
    text: str
    pages: tuple[Page, ...]
    noise: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the chart's text with its place on the page: ``text`` is always ``chart.text[start:end]``."""

    start: int
    end: int
    text: str
    page: int
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Encounter:
    """One record in a chart: who saw the patient, when, where, and whether that record can carry a diagnosis (RADV).

    ``start``/``end`` bound its text. ``date_of_service`` is ISO 8601. ``problems`` are plain sentences for the coder."""

    id: str
    start: int
    end: int
    pages: tuple[int, ...]
    start_date: str | None = None
    end_date: str | None = None
    date_of_service: str | None = None
    provider: str | None = None
    credential: str | None = None
    specialty: str | None = None
    """As CMS names it, where the record says it."""
    setting: str = "unknown"
    signed: bool | None = None
    patient: str | None = None
    valid: Validity = "unknown"
    problems: tuple[str, ...] = ()
    patient_numbers: tuple[str, ...] = ()
    """Record and member numbers printed on it, digits only."""
    ongoing: bool = False
    """Written before the stay it belongs to ended: a history and physical, a daily note."""

    formal: tuple[tuple[int, int], ...] = ()
    """Its lines that only say who the patient is or who signed: they speak of no condition."""

    @property
    def at_discharge(self) -> bool:
        """Uncertain diagnoses at discharge are coded as if present in inpatient records (ICD-10-CM guideline II.H)."""
        return self.setting == "inpatient" and not self.ongoing


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that prove one MEAT element of a condition. ``strength`` is 0 to 1; ``why`` says what tied it to the condition,
    ``facts`` what it measures or does ("A1c 8.2 %, high"); ``own``: by clinical knowledge its words speak for the condition,
    not only beside it; ``lent``: they stand in its sentence, or anywhere, and rather tell of something else, or of nothing
    found."""

    element: Element
    kind: str
    start: int
    end: int
    strength: float
    why: str
    facts: tuple[str, ...] = ()
    own: bool = False
    lent: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A condition named in the text.

    ``attributes`` are what its words say (``type=systolic``); ``cues`` are the words and rules that decided its status.
    """

    condition: str
    start: int
    end: int
    status: Status
    section: str
    attributes: tuple[str, ...] = ()
    code: str | None = None
    ambiguous: bool = False
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceSpan(Span):
    """Evidence as the interchange file holds it: a span with its letter, kind and reason."""

    element: Element = "A"
    kind: str = ""
    strength: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class HccCategory:
    """A payment category of one model, with the model's own label."""

    category: str
    label: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that raised or lowered the confidence, in words; ``weight`` is its share of the log-odds."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One code proposed for one encounter, with the words it rests on. The coder decides; this never does.

    ``evidence`` is what is shown first; ``more_evidence`` are weaker passages, for whoever asks for more. ``rule`` decided
    the tier; ``features`` are the numbers behind the confidence (``ranking.features``), ``sections`` those of its mentions:
    with them a policy or a ranker can be tried on what was screened, and learn from what was decided."""

    id: str
    encounter: str
    condition: str
    icd10: str | None
    description: str
    alternatives: tuple[str, ...]
    hcc: dict[str, HccCategory]
    status: Status
    tier: Tier
    reason: str
    confidence: float
    high_risk: str | None
    mentions: tuple[Span, ...]
    evidence: tuple[EvidenceSpan, ...]
    why: tuple[Reason, ...] = ()
    decided: tuple[str, ...] = ()
    more_evidence: tuple[EvidenceSpan, ...] = ()
    rule: Rule | None = None
    sections: tuple[str, ...] = ()
    features: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartError:
    """Why a chart could not be screened: a stable type and one clear line with the cure, free of chart text."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class PageSummary:
    """A page as the interchange file lists it. ``unread`` is None in results of before it was told, too."""

    number: int
    width: float
    height: float
    source: PageSource
    rotation: int
    duplicate_of: int | None = None
    unread: UnreadReason | None = None


@dataclass(frozen=True, slots=True)
class EncounterSummary:
    """An encounter as the interchange file lists it (see ``Encounter``); ``start``/``end`` are dates, ISO 8601."""

    id: str
    pages: tuple[int, ...]
    start: str | None
    end: str | None
    date_of_service: str | None
    provider: str | None
    credential: str | None
    setting: str
    signed: bool | None
    patient: str | None
    valid: Validity
    problems: tuple[str, ...]
    patient_numbers: tuple[str, ...] = ()
    specialty: str | None = None

    @property
    def who(self) -> str:
        """The provider as a coder reads it, "Jane Roe, MD (Cardiology)"; blank where none is named."""
        return provider_line(self.provider, self.credential, self.specialty)


def provider_line(name: str | None, credential: str | None, specialty: str | None) -> str:
    """A provider in one line, "Jane Roe, MD (Cardiology)"; blank without a name."""
    line = ", ".join(x for x in (name, credential) if x)
    return f"{line} ({specialty})" if line and specialty else line


@dataclass(frozen=True, slots=True)
class ChartResult:
    """One line of ``suggestions.jsonl``: everything that screening found in one chart, and with which versions."""

    chart: str
    sha256: str
    status: Literal["ok", "error"]
    error: ChartError | None = None
    pages: tuple[PageSummary, ...] = ()
    encounters: tuple[EncounterSummary, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    versions: dict[str, str] | None = None
