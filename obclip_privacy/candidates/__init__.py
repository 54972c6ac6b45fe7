"""Candidate sets: all prompts that differ only in the values of the sensitive attributes.

:mod:`~obclip_privacy.candidates.engine` is the public entry. A prompt becomes a template
(:mod:`~obclip_privacy.candidates.builder`), a template and an assignment become a prompt
(:mod:`~obclip_privacy.candidates.template`), strategies decide what the cloud gets of each column
(:mod:`~obclip_privacy.candidates.strategies`), and :mod:`~obclip_privacy.candidates.closure` runs every
member of the set through the entry again before anything may be sent.
"""
