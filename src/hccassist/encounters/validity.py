"""Whether a record can carry a diagnosis (RADV), and in plain sentences why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hccassist.encounters.patients import Match
from hccassist.encounters.rules import SpecialtyRule, setting_rules
from hccassist.encounters.signatures import Signature
from hccassist.schema import Validity

_UNSIGNED = {
    "dictated": "Dictated but not read: the note is not authenticated.",
    "stamp": "The signature is a stamp or only said to be on file: the note is not authenticated.",
    "pending": "The note is not signed: its signature is pending.",
    "blank": "The note is not signed: the signature line is empty.",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a record when it is judged."""

    setting: str
    date_of_service: date | None
    date_is_of_signature: bool
    signature: Signature
    patient: Match
    patient_known: bool
    specialty: SpecialtyRule | None
    withdrawn: bool
    """Whether the record says of itself that it was entered in error."""


def judge(facts: Facts) -> tuple[Validity, tuple[str, ...]]:
    """ "no" where a rule fails on what the record shows, "yes" where every rule is met, else "unknown"; with every
    problem."""
    fatal, open_ = _failures(facts)
    if fatal:
        return "no", (*fatal, *open_)
    counts = setting_rules().get(facts.setting, setting_rules()["unknown"]).counts
    return ("yes" if not open_ and counts == "yes" else "unknown"), tuple(open_)


def _failures(facts: Facts) -> tuple[list[str], list[str]]:
    fatal: list[str] = []
    open_: list[str] = []
    if facts.patient == "other":
        fatal.append("The name or birth date on these pages is another patient's.")
    elif facts.patient == "unsure":
        open_.append(
            "The patient's name or birth date does not agree with the rest of the chart: check whose record it is."
            if facts.patient_known
            else "No patient name and birth date on this record."
        )
    if facts.withdrawn:
        fatal.append("The record was taken back: it is marked as entered in error.")
    rule = setting_rules().get(facts.setting, setting_rules()["unknown"])
    if rule.counts == "no":
        fatal.append(rule.reason)
    elif rule.counts == "unknown":
        open_.append("The kind of record is not clear: check that it was a face-to-face visit.")
    _judge_provider(facts.signature, fatal, open_)
    if facts.specialty is not None and facts.specialty.accepted == "no":
        fatal.append(f"The provider's specialty ({facts.specialty.specialty.lower()}) is not on CMS's list of acceptable ones.")
    if facts.date_of_service is None:
        open_.append("No date of service found.")
    elif facts.date_is_of_signature:
        open_.append("The date of service is taken from the signature: check it.")
    return fatal, open_


def _judge_provider(signature: Signature, fatal: list[str], open_: list[str]) -> None:
    provider = signature.provider
    if provider is not None and provider.accepted == "no":
        fatal.append(f"The provider's credential ({provider.credential}) is not on CMS's list of acceptable providers.")
    elif provider is not None and provider.accepted == "unknown":
        open_.append(f"Check whether the provider's credential ({provider.credential}) is acceptable for the year of service.")
    elif provider is None and signature.name:
        fatal.append("The signature shows no credential, and none stands elsewhere on the record.")
    elif provider is None:
        open_.append("No provider with a credential is named.")
    if signature.signed is False:
        fatal.append(_UNSIGNED.get(signature.kind or "", "The note is not signed by a provider who can authenticate it."))
    elif signature.signed is None:
        open_.append("No signature found.")
