"""What a test of a backend, a solver or a server needs; nothing here is used by the program itself.

* :mod:`~obclip_gen.testing.tiny`: a random model of a real architecture, written in a moment.
"""
