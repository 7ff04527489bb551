"""The files of a model: where the shipped ones are, which ones the environment names instead, how a version is written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

POLICY_ENV = "HCCASSIST_POLICY"
RANKER_ENV = "HCCASSIST_RANKER"


def models_folder() -> Path:
    """models/ of the checkout, or the copy inside an installed package."""
    inside = Path(__file__).parents[1] / "models"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "models"


def named_file(variable: str) -> Path | None:
    """The file that an environment variable names, so that every process of a run, however it is started, uses the same."""
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


def stamped(version: str, content: bytes) -> str:
    """A version as results record it: with the first digits of the content's hash, so that an edited file shows."""
    return f"{version}+{hashlib.sha256(content).hexdigest()[:8]}"
