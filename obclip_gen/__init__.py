"""Hybrid image generation: the cloud denoises every candidate, the device finishes the real one.

Importing this package is cheap; torch, diffusers and transformers are loaded when a model is.

The parts, lowest first (imports point downwards only):

* :mod:`obclip_gen.schedule`, :mod:`obclip_gen.fingerprint`: what a model is and what it fits;
* :mod:`obclip_gen.request`, :mod:`obclip_gen.result`: the two messages of the protocol;
* :mod:`obclip_gen.backends`: the only place that knows a model family;
* :mod:`obclip_gen.denoise`: solvers, resume states and the loop that may stop and go on at any
  step;
* :mod:`obclip_gen.server`, :mod:`obclip_gen.client`: the cloud phase over HTTP;
* :mod:`obclip_gen.pipeline`: the whole protocol, from the prompt to the picture;
* :mod:`obclip_gen.output`: the picture, the sheet and the record, written all or not at all;
* :mod:`obclip_gen.cli`: ``obclip generate``, ``obclip serve``, ``obclip models``.
"""
