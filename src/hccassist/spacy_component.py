"""hccassist's conditions inside a spaCy or medSpaCy pipeline: ``nlp.add_pipe("hccassist")``.

Each condition becomes an entity labelled with its ICD-10-CM code; ``ent._.hcc_status`` is its status and
``ent._.hcc_condition`` its name. medSpaCy's own flags (``is_negated``, ``is_family``...) are set too where it registered them.
"""

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from hccassist.coding import code_condition
from hccassist.evidence.detect import detect, support_of
from hccassist.nlp.document import analyse
from hccassist.nlp.mentions import find_mentions
from hccassist.terminology.compiled import load_lexicon
from hccassist.terminology.lexicon import Lexicon

_MEDSPACY_FLAGS = {
    "negated": "is_negated",
    "family": "is_family",
    "history": "is_historical",
    "uncertain": "is_uncertain",
    "hypothetical": "is_hypothetical",
}


class ConditionFinder:
    """A spaCy component; ``inpatient`` codes uncertain diagnoses as if present (guideline II.H)."""

    def __init__(self, lexicon: Lexicon, inpatient: bool = False) -> None:
        self._lexicon = lexicon
        self._inpatient = inpatient

    def __call__(self, doc: Doc) -> Doc:
        document = analyse(doc.text, self._lexicon)
        support = support_of(detect(document, self._lexicon))
        spans: list[Span] = []
        for located in find_mentions(document, self._lexicon, self._inpatient, support):
            mention = located.mention
            condition = self._lexicon.conditions[mention.condition]
            code = mention.code or code_condition(condition, mention.attributes).code
            span = doc.char_span(mention.start, mention.end, label=code, alignment_mode="expand")
            if span is None:
                continue
            span._.hcc_status = mention.status
            span._.hcc_condition = condition.name
            flag = _MEDSPACY_FLAGS.get(mention.status)
            if flag and Span.has_extension(flag):
                setattr(span._, flag, True)
            spans.append(span)
        doc.ents = filter_spans([*doc.ents, *spans])
        return doc


# No postponed annotations in this module: spaCy reads the types of a factory's arguments as they stand.
@Language.factory("hccassist", default_config={"inpatient": False})  # type: ignore[untyped-decorator]
def make_condition_finder(nlp: Language, name: str, inpatient: bool) -> ConditionFinder:
    """The component that ``nlp.add_pipe("hccassist")`` adds."""
    for extension in ("hcc_status", "hcc_condition"):
        if not Span.has_extension(extension):
            Span.set_extension(extension, default=None)
    return ConditionFinder(load_lexicon(), inpatient)
