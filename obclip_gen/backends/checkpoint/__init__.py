"""Single-file checkpoints in the original layout of Stable Diffusion 1.x, 2.x and XL.

* :mod:`~obclip_gen.backends.checkpoint.header`: names and shapes, read before any weight is;
* :mod:`~obclip_gen.backends.checkpoint.kinds`: which family it is, and how its text encoders are stored;
* :mod:`~obclip_gen.backends.checkpoint.shapes`: the configurations of the parts, from those shapes;
* :mod:`~obclip_gen.backends.checkpoint.weights`: the weights under diffusers' names;
* :mod:`~obclip_gen.backends.checkpoint.parts`: the file as the parts of a model;
* :mod:`~obclip_gen.backends.checkpoint.reference`: from ``FILE.safetensors@v_prediction`` to a backend.
"""
