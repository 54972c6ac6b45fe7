"""Generation backends: the only place that knows a model family.

* :mod:`~obclip_gen.backends.protocol`: what a backend is, in one small typed protocol;
* :mod:`~obclip_gen.backends.registry`: from a model reference such as ``embedded:cloud`` to a
  backend;
* :mod:`~obclip_gen.backends.embedded`: the models that ship in the package;
* :mod:`~obclip_gen.backends.folder`: a local folder in diffusers' format;
* :mod:`~obclip_gen.backends.stable_diffusion`: the Stable Diffusion family;
* :mod:`~obclip_gen.backends.analytic`: a Gaussian whose exact score is known, for exact tests.
"""
