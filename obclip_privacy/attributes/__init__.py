"""Attribute types: what a sensitive property's values are called, and how its mentions are found.

:mod:`~obclip_privacy.attributes.base` has the types that a plugin registers,
:mod:`~obclip_privacy.attributes.lexicon_file` reads lexicons from data files, and
:mod:`~obclip_privacy.attributes.safety` holds the rule that keeps adults and minors apart. The built-in
attributes (``age``, ``ethnicity``, ``gender``, ``skin_tone``) are plugins like any other.
"""
