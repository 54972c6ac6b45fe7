"""Attackers: each guesses what is real from what the cloud has.

The contract is :mod:`~obclip_privacy.audit.attackers.base`. The attackers of the core are registered in
:mod:`~obclip_privacy.audit.attackers.core_attackers`, through the hook that a plugin uses.
"""
