"""Linkage: what many requests in one log say that each of them does not.

Only digests are kept, so memory grows by a few hundred bytes a set and never holds text.
"""
