"""What a prompt says of its persons, decided without looking at any value.

The way of a prompt: :mod:`~obclip_privacy.language.fold` and :mod:`~obclip_privacy.language.lexer` cut it
into tokens and find the vocabulary's terms; :mod:`~obclip_privacy.language.scan` resolves overlaps and
gives two parallel lists: masked units (word, or lexeme class and form) and the senses behind them (with
values). Everything that decides (:mod:`~obclip_privacy.language.phrases`,
:mod:`~obclip_privacy.language.persons`, :mod:`~obclip_privacy.language.pronouns`,
:mod:`~obclip_privacy.language.cues`) gets the masked units only, so no decision can depend on a value.
"""
