"""Accelerations: other ways to compute what the plain predictor computes.

An acceleration is a function of the request alone, never of which candidate is real, and it treats all
candidates alike. Its state belongs to one request.
"""
