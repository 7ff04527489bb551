"""The shipped ranker: a calibrated logistic model, read from JSON (models/ranker.json) and applied without scikit-learn.

``confidence`` is the probability that a coder accepts the code as supported at that encounter. Training is
``ranking.training``; the model card is models/README.md.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from hccassist.ranking.features import FEATURES
from hccassist.ranking.files import models_folder, stamped
from hccassist.schema import Reason

_SHOWN_REASONS = 4
_LEAST_SHARE = 0.05
LOWEST, HIGHEST = 0.01, 0.99


class RankerError(ValueError):
    """A ranker file is wrong: one line that names the file and the cure."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """An intercept, and per feature its weight on the log-odds and its mean over charts. ``version`` carries the hash of
    the file's content."""

    version: str
    intercept: float
    weights: dict[str, float]
    means: dict[str, float]

    @classmethod
    def from_json(cls, content: str, name: str = "ranker") -> Ranker:
        """A ranker from its file's text. Raises ``RankerError``, naming ``name``, where it does not fit."""
        try:
            value: dict[str, Any] = json.loads(content)
            found = cls(
                stamped(str(value["version"]), content.encode()),
                float(value["intercept"]),
                {n: float(w) for n, w in value["weights"].items()},
                {n: float(m) for n, m in value["means"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise RankerError(f"{name}: not a ranker; make one with `hccassist train`") from None
        if odd := sorted(set(found.weights) ^ set(FEATURES)):
            raise RankerError(
                f"{name}: made for other features than this version's ({', '.join(odd[:4])}); train it again: hccassist train"
            )
        return found

    def confidence(self, x: dict[str, float]) -> float:
        """Calibrated probability, 0.01 to 0.99, rounded to three places."""
        log_odds = self.intercept + sum([w * x[name] for name, w in self.weights.items()])
        return round(min(max(1 / (1 + math.exp(-log_odds)), LOWEST), HIGHEST), 3)

    def why(self, x: dict[str, float]) -> tuple[Reason, ...]:
        """What raised and lowered the confidence most, against the average candidate, in words."""
        shares = [(share, n) for n, w in self.weights.items() if abs(share := w * (x[n] - self.means[n])) >= _LEAST_SHARE]
        shares.sort(key=lambda s: (-abs(s[0]), s[1]))
        said = ((share, FEATURES[n][0 if x[n] > self.means[n] else 1]) for share, n in shares)
        return tuple(Reason(text, round(share, 2)) for share, text in islice((s for s in said if s[1]), _SHOWN_REASONS))


def load_ranker(path: Path | None = None) -> Ranker:
    """The shipped ranker, or another one by path. Raises ``RankerError``."""
    path = path or models_folder() / "ranker.json"
    try:
        return Ranker.from_json(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise RankerError(f"{path.name}: cannot be read ({type(error).__name__}); name an existing ranker file") from None
