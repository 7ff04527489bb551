"""What must be there before processes of a run start."""

from __future__ import annotations

from collections.abc import Callable

from hccassist.ranking.files import POLICY_ENV, named_file
from hccassist.ranking.policy import load_policy
from hccassist.terminology.compiled import compile_once


def prepare(tell: Callable[[str], None]) -> None:
    """Leaves the compiled knowledge, a policy's own terms too, where the processes of a run read it, so that none of them
    compiles it; ``tell`` gets a line where that takes its time. Raises ``PolicyError`` or ``KnowledgeError``."""
    compile_once(load_policy(named_file(POLICY_ENV)).local_terms, tell)
