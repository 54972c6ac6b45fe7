"""The plugin contract of obclip_gen, whole, on one screen.

The same plugins, the same ways in (an installed package, ``--plugin PATH``) and the same rules as
:mod:`obclip_privacy.hookspecs`. A module that implements these hooks should import torch inside the functions
that it registers, not at the top::

    from obclip_privacy.hookspecs import hookimpl

    @hookimpl
    def register_backends(register):
        register(BackendEntry("mine", "my own model format", load, list_models))

    @hookimpl
    def register_accelerations(register):
        register(Acceleration("mine", "skips every other step", "approximate", rewrite=my_rewrite))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pluggy

from obclip_privacy.hookspecs import PROJECT

if TYPE_CHECKING:
    from obclip_gen.accelerate.entry import Acceleration
    from obclip_gen.backends.entry import BackendEntry

#: Raised when a hook changes so that an existing plugin would no longer work.
HOOK_API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def register_backends(register: Callable[[BackendEntry], None]) -> None:
    """Register generation backends: each loads the models of one scheme, as in ``scheme:model``."""


@hookspec
def register_accelerations(register: Callable[[Acceleration], None]) -> None:
    """Register accelerations: each rewrites the steps of a phase, or stands for a plan."""
