"""For the people who write policies: what a policy does in plain words, how two differ, where to start.

Everything here is derived from a loaded :class:`~obclip_privacy.policy.model.Policy` by the functions that
the engine itself decides with, so that what is said of a policy cannot drift from what it does.
"""
