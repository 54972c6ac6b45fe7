"""Denoising that may stop after any step and go on elsewhere.

* :mod:`~obclip_gen.denoise.noise`: seeds and the one initial noise;
* :mod:`~obclip_gen.denoise.state`: what a solver must remember, one dataclass per solver;
* :mod:`~obclip_gen.denoise.solver`, :mod:`~obclip_gen.denoise.solvers`: walks down the noise levels;
* :mod:`~obclip_gen.denoise.guidance`: from latents to the guided model output;
* :mod:`~obclip_gen.denoise.loop`: the steps;
* :mod:`~obclip_gen.denoise.phases`: the cloud phase and the device phase.
"""
