"""Policies: which attributes are sensitive, and what happens to each of them.

:func:`~obclip_privacy.policy.loader.load_policy` reads a shipped policy by name or a file by path, and
gives an immutable, hashable :class:`~obclip_privacy.policy.model.Policy` or raises a
:class:`~obclip_privacy.errors.PolicyError` that lists everything that is wrong with it.
"""
