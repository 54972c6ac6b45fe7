"""The recipe of the embedded models, from public artwork to packaged weights: ``python -m
obclip_gen.training --help``.
"""
