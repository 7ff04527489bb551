"""What is shown: a versioned TOML file of thresholds (models/policy.toml), validated with clear errors."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hccassist.ranking.model import models_folder

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Policy(BaseModel):
    """Thresholds on the calibrated confidence; the most specific one that fits a suggestion counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    threshold: Share
    without_hcc: Share
    hcc: dict[str, Share] = {}
    high_risk: dict[str, Share] = {}
    ignore_sections: tuple[str, ...] = ()

    def threshold_for(self, hcc: str | None, high_risk: str | None, pays: bool) -> float:
        """The threshold of a high-risk group, else of a V28 category, else the general one; conditions that pay in no
        CMS-HCC model have their own."""
        if high_risk and high_risk in self.high_risk:
            return self.high_risk[high_risk]
        return self.hcc.get(hcc or "", self.threshold if pays else self.without_hcc)


class PolicyError(Exception):
    """A policy file is wrong: one line that names the file, the field and the cure."""


def load_policy(path: Path | None = None) -> Policy:
    """The shipped policy, or another one by path. Raises ``PolicyError``."""
    path = path or models_folder() / "policy.toml"
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PolicyError(f"{path.name}: cannot be read ({error.strerror}); name an existing policy file") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path.name}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
