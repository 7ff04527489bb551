"""What a QA lead works with: labelled suggestions, what a policy or a ranker makes of them, learning, what is noise."""
