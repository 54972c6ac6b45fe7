"""Figures, one a module, each with its formula, direction, range and source.

Probabilities are :class:`fractions.Fraction`, so sums and comparisons are exact; only logarithms are floats.
:data:`~obclip_privacy.audit.report.described.FIGURES` describes them all for reports and docs.
"""
