"""The device side over HTTP.

* :mod:`~obclip_gen.client.address`: where a server may be;
* :mod:`~obclip_gen.client.http`: the cloud phase by a server.
"""
