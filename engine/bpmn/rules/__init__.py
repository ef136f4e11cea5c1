"""The rules of ``lint``, by what they look at. Slugs are bpmnlint's where the rule is the same."""
