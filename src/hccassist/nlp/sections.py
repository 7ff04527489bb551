"""Kinds of sections: what the words of a note count for depends on where they stand."""

CONCLUSIONS = frozenset({"assessment_plan", "hospital_course"})
"""What the provider concludes: it outweighs the rest of the note."""
LISTS = frozenset({"pmh", "psh", "problem_list"})
"""What is carried along from note to note: by itself it supports nothing (RADV checklist: no diagnosis from a list alone)."""
FINDINGS = frozenset({"results", "exam", "vitals"})
"""What was found, which nobody there states as a diagnosis."""
