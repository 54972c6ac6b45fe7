"""The cloud side over HTTP: one model, one worker, a bounded queue.

* :mod:`~obclip_gen.server.settings`: limits and the token;
* :mod:`~obclip_gen.server.worker`: the thread that owns the model;
* :mod:`~obclip_gen.server.app`: the routes;
* :mod:`~obclip_gen.server.access_log`: what is logged, which is never a prompt;
* :mod:`~obclip_gen.server.run`: the process.
"""
