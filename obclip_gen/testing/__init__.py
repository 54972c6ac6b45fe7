"""What a test of a backend, a solver or a server needs; nothing here is used by the program itself.

* :mod:`~obclip_gen.testing.tiny`: a random model of a real architecture, written in a moment;
* :mod:`~obclip_gen.testing.families`: one of every supported family;
* :mod:`~obclip_gen.testing.conformance`: what any backend, also a plugin's, must hold.
"""
