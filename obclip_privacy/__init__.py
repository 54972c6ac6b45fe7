"""Privacy for text-to-image prompts: policies, detection, candidate sets and audits.

This package never imports torch, diffusers or transformers, directly or indirectly. Importing it is
cheap; spaCy is loaded when the first engine is built.

The parts, lowest first (imports point downwards only):

* :mod:`obclip_privacy.errors`: every error that a user can meet, with its exit code;
* :mod:`obclip_privacy.policy`: what is sensitive and what to do about it;
* :mod:`obclip_privacy.plugins` and :mod:`obclip_privacy.hookspecs`: how attributes come in;
* :mod:`obclip_privacy.language`, :mod:`obclip_privacy.attributes`: what a prompt says of its persons;
* :mod:`obclip_privacy.candidates`: the candidate set, and the closure check that guards it;
* :mod:`obclip_privacy.cli`: the ``obclip`` command.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
