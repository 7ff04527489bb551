"""Which codes words name, read as those of a chart are: "ckd 3b" is N18.32. What a coder types or selects is looked up so."""

from __future__ import annotations

from hccassist.coding import code_condition
from hccassist.evidence.detect import detect, support_of
from hccassist.nlp.document import analyse
from hccassist.nlp.mentions import find_mentions
from hccassist.terminology.compiled import is_compiled, load_lexicon


def codes_named(words: str) -> list[str]:
    """The codes of the conditions that words name, in their order, each before those that it leaves open; whatever the words
    say of them: whether they are present is for the one who asks to see. None where the knowledge was not compiled yet on this
    machine, as the first screening does: nobody waits for that at a search."""
    if not (load_lexicon.cache_info().currsize or is_compiled()):  # whether it is on the disk takes a look at every file of it
        return []
    lexicon = load_lexicon()
    document = analyse(words, lexicon)
    found: list[str] = []
    for located in find_mentions(document, lexicon, True, support_of(detect(document, lexicon))):
        mention = located.mention
        condition = lexicon.conditions[mention.condition]
        coded = code_condition(condition, mention.attributes, history=mention.status == "history")
        found += [mention.code or coded.code, *coded.alternatives]
    return list(dict.fromkeys(found))
