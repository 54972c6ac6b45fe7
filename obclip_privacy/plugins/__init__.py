"""Plugins: who is there, who was kept out, and what they registered.

:func:`~obclip_privacy.plugins.manager.load_plugins` collects the built-in and the installed plugins into
one immutable :class:`~obclip_privacy.plugins.registry.Registry`.
"""
