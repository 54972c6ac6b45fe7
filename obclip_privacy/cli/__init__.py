"""The ``obclip`` command: argument parsing, tables for people, JSON for programs, exit codes.

Every subcommand is a module that is imported only when it is called; ``obclip --help`` reads the first line
of the module's docstring instead (:mod:`obclip_privacy.cli.commands`). Commands raise
:class:`~obclip_privacy.errors.ObclipError`; only :mod:`obclip_privacy.cli.main` turns errors into messages.
"""
