"""What a run leaves behind: the picture, the sheet and the record, written all or not at all.

* :mod:`~obclip_gen.output.folder`: all or nothing;
* :mod:`~obclip_gen.output.record`: the facts, without the prompt;
* :mod:`~obclip_gen.output.sheet`: what the cloud saw beside what the person got;
* :mod:`~obclip_gen.output.text`: words in a picture.
"""
