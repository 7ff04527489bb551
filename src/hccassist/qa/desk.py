"""What the bench page needs besides the figures: the policies and rankers there are, and how a change is kept.

A policy or a ranker is named by its version; the shipped one is always among them, and in force until a person says otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hccassist.encounters.rules import setting_rules
from hccassist.evaluation import LabelledError
from hccassist.qa.labelled import Loaded, from_decisions, load
from hccassist.qa.learning import challenge, report
from hccassist.ranking.files import models_folder
from hccassist.ranking.model import Ranker, load_ranker
from hccassist.ranking.policy import Policy, PolicyError, check_names, load_policy, parse_policy, with_threshold
from hccassist.review import DecisionError, Store
from hccassist.review.versions import Kind, Versions
from hccassist.terminology.compiled import load_lexicon

THRESHOLDS = {
    "threshold": "All, with a payment category", "without_hcc": "All, without a payment category", "hcc": "A V28 category",
    "high_risk": "A high-risk group", "status": "A status",
}  # fmt: skip
"""The thresholds that a policy has, in words."""
Moves = Mapping[tuple[str, str], float]
"""(kind, name) of a threshold -> where to."""
SAME = 1e-9
MOST_BYTES = 256 * 1024
"""Of a policy file that is handed in; one with a threshold for every category has three."""


def shipped_policy() -> Policy:
    """The shipped policy, its folders of local terms as absolute paths: a saved copy of it stands beside no file."""
    loaded = load_policy()
    return loaded.policy.model_copy(update={"local_terms": tuple(str(folder.resolve()) for folder in loaded.local_terms)})


def policies(store: Store) -> dict[str, Policy]:
    """Every policy by its version: the shipped one, then the saved ones."""
    shipped = shipped_policy()
    saved = {version: parse_policy(content, version) for version, content in Versions(store).saved("policy").items()}
    return {shipped.version: shipped, **saved}


def rankers(store: Store) -> dict[str, Ranker]:
    """Every ranker by its version: the shipped one, then the saved ones that this version can apply."""
    shipped = models_folder() / "ranker.json"
    found = {str(json.loads(shipped.read_text(encoding="utf-8"))["version"]): load_ranker()}
    for version, content in Versions(store).saved("ranker").items():
        try:
            found[version] = Ranker.from_json(content, version)
        except ValueError:
            continue
    return found


def in_force(store: Store, kind: Kind) -> str:
    """The version in use: the one that a person put in force last, else the shipped one."""
    used = Versions(store).in_force(kind)
    return used[0] if used else next(iter(policies(store) if kind == "policy" else rankers(store)))


def names_of(policy_kind: str, loaded: Loaded) -> dict[str, str]:
    """What a threshold of a kind can be set for among judged suggestions (a category, a group, a status) -> how it is shown."""
    match policy_kind:
        case "hcc":
            found = {r.category: f"{r.category} {r.label}" for r in loaded.rows if r.category}
            return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))
        case "high_risk":
            return {group: group for group in sorted({r.group for r in loaded.rows if r.group})}
        case "status":
            return {str(status): str(status) for status in sorted({r.status for r in loaded.rows})}
        case _:
            return {}


def threshold_now(policy: Policy, kind: str, name: str) -> float:
    """What a threshold is under a policy: its own value, else the general one that stands for it."""
    if kind in ("threshold", "without_hcc"):
        return float(getattr(policy, kind))
    return float(getattr(policy, kind).get(name, policy.threshold))


class Moved(NamedTuple):
    """A threshold of a draft: which, where it stood, and where it stands."""

    kind: str
    name: str
    before: float
    now: float


def drafted(policy: Policy, moves: Moves) -> tuple[Policy, list[Moved]]:
    """The policy with several thresholds moved, and those that differ by it; the same policy where none does. General ones
    come first: a category's own is what differs from them."""
    found = []
    for (kind, name), value in sorted(moves.items(), key=lambda move: bool(move[0][1])):
        before = threshold_now(policy, kind, name)
        if abs(before - value) > SAME:
            found.append(Moved(kind, name, before, value))
            policy = with_threshold(policy, kind, name, value)
    return policy, found


def draft(store: Store, who: str, policy: Policy) -> dict[tuple[str, str], float]:
    """The thresholds of a policy that somebody has moved and not put in force."""
    kept = json.loads(store.setting(_draft_name(who, policy)) or "[]")
    return {(str(kind), str(name)): float(value) for kind, name, value in kept}


def keep_draft(store: Store, who: str, policy: Policy, moves: Moves) -> None:
    """Keep the thresholds that somebody has moved, for when they come back to them."""
    left = [(m.kind, m.name, m.now) for m in drafted(policy, moves)[1]]
    store.set_setting(_draft_name(who, policy), json.dumps(left))


def _draft_name(who: str, policy: Policy) -> str:
    return "draft " + hashlib.sha256(f"{policy.version} {who}".encode()).hexdigest()[:32]  # a setting's name is short


def given_policy(name: str, content: bytes) -> Policy:
    """The policy of a file that somebody hands in. Raises DecisionError: one line that names the file, what is wrong and the
    cure."""
    if len(content) > MOST_BYTES:
        raise DecisionError(f"{name}: larger than {MOST_BYTES // 1024} KiB; a policy is a short TOML file (docs/policy.md)")
    try:
        policy = parse_policy(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise DecisionError(f"{name}: not UTF-8 text; save the policy as UTF-8") from None
    except PolicyError as error:
        raise DecisionError(str(error)) from None
    try:
        _check(policy)
    except PolicyError as error:
        raise DecisionError(f"{name}: {error}") from None
    for folder in map(Path, policy.local_terms):
        if not (folder.is_absolute() and folder.is_dir()):
            raise DecisionError(f"{name}: local_terms: {folder} is no folder of this machine; name it by its full path")
    return policy


def _check(policy: Policy) -> None:
    lexicon = load_lexicon()
    groups = [g.group for g in lexicon.high_risk]
    check_names(policy, lexicon.codes.all_categories("V28"), groups, lexicon.sections.values(), setting_rules())


def keep_policy(store: Store, policy: Policy, version: str, who: str, reason: str) -> None:
    """Keep a policy as a new version. Raises DecisionError where the version is taken, the policy names what nothing can
    match, or a name or reason is missing."""
    try:
        named = Policy.model_validate({**policy.model_dump(), "version": version})
        _check(named)
    except PolicyError as error:
        raise DecisionError(str(error)) from None
    except ValueError:
        raise DecisionError("A version is letters, digits, dots and dashes, such as 2026.11-team1.") from None
    if version == shipped_policy().version:
        raise DecisionError(f"Version {version} is the shipped one: give this one another version.")
    Versions(store).save("policy", version, named.to_toml(), who, reason)


def put_in_force(store: Store, kind: Kind, version: str, who: str, reason: str) -> None:
    """Put a version in force, an earlier or the shipped one too: the shipped one is saved first, so that its content stands
    in the record. Raises DecisionError."""
    versions = Versions(store)
    if version not in versions.saved(kind):
        if kind == "policy" and version == shipped_policy().version:
            versions.save(kind, version, shipped_policy().to_toml(), who, f"shipped; {reason}" if reason.strip() else "")
        elif kind == "ranker" and version == next(iter(rankers(store))):
            content = (models_folder() / "ranker.json").read_text(encoding="utf-8")
            versions.save(kind, version, content, who, f"shipped; {reason}" if reason.strip() else "")
    versions.use(kind, version, who, reason)


def train_challenger(store: Store, version: str, who: str) -> list[str]:
    """Trains a challenger from the decisions of a store, keeps it as a version, and returns how it did, in lines to read.
    Raises ``TooLittle``, or DecisionError where the version is taken."""
    from hccassist.ranking.training import read_table  # brings scikit-learn, which takes seconds to load

    if version in rankers(store):
        raise DecisionError(f"Version {version} exists: give the challenger another version.")
    champion = rankers(store)[in_force(store, "ranker")]
    found = challenge(from_decisions(store).rows, read_table(models_folder() / "training.csv"), champion, version)
    Versions(store).save("ranker", version, found.content, who, f"challenger, learned from {found.learned_from} decisions")
    return report(found)


def write_in_force(store: Store, kind: Kind, folder: Path) -> Path | None:
    """Writes the version in force as a file, for screening; None where it is the shipped one."""
    used = Versions(store).in_force(kind)
    if used is None:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{kind}-{used[0]}.{'toml' if kind == 'policy' else 'json'}"
    path.write_text(used[1], encoding="utf-8")
    return path


def judged(store: Store, source: str) -> Loaded:
    """The judged suggestions of a source: the team's decisions (blank), or a path of labelled cases. Raises
    ``LabelledError``."""
    if not source.strip():
        return from_decisions(store)
    path = Path(source).expanduser()
    if not path.exists():
        raise LabelledError(f"{path.name}: no such file or folder on this machine; check the path")
    return load(path)
