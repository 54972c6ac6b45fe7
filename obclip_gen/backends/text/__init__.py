"""From a prompt to tensors: the same code for cloud candidates and the device's prompt.

* :mod:`~obclip_gen.backends.text.weights`: ``(word:1.2)``;
* :mod:`~obclip_gen.backends.text.clip`: CLIP text encoders, in chunks of 75 tokens;
* :mod:`~obclip_gen.backends.text.t5`: the T5 encoder.
"""
