"""Review: the worklist, the coders' decisions and the record of them. Knows nothing of how suggestions are made."""

from hccassist.review.decisions import ACCEPTED, REJECT_REASONS, Action, Code, DecisionError, Quote, SuggestionState
from hccassist.review.results import ResultsError
from hccassist.review.snapshot import OpenChart
from hccassist.review.store import Store, open_store
from hccassist.review.worklist import WorklistRow

__all__ = [
    "ACCEPTED",
    "REJECT_REASONS",
    "Action",
    "Code",
    "DecisionError",
    "OpenChart",
    "Quote",
    "ResultsError",
    "Store",
    "SuggestionState",
    "WorklistRow",
    "open_store",
]
