"""The audit: what the cloud can learn from candidate sets, measured.

Sets come from a policy, from a file made by any tool, or from recorded requests
(:mod:`~obclip_privacy.audit.sources`). Each becomes an :class:`~obclip_privacy.audit.observation.Observation`
(what the cloud has) and a :class:`~obclip_privacy.audit.observation.Truth` (what only the audit knows).
:mod:`~obclip_privacy.audit.attackers` guess, :mod:`~obclip_privacy.audit.figures` measure,
:mod:`~obclip_privacy.audit.rules` decide, :mod:`~obclip_privacy.audit.report` writes it down.
"""
