"""Where the audited sets come from: a policy, a file made by any tool, any generator, or recorded requests.

Each gives :class:`~obclip_privacy.audit.sources.subject.Subject`: an observation and a truth.
"""
