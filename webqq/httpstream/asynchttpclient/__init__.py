"""Tornado's ``AsyncHTTPClient`` on this engine: kept connections and proxies for an application that exists already.

::

    AsyncHTTPClient.configure("webqq.httpstream.asynchttpclient.HTTPStreamClient")

Requests, responses and errors are Tornado's own; what they mean is taken from ``tornado.httpclient`` and, where that
says nothing, from ``tornado.simple_httpclient``.
"""

from webqq.httpstream.asynchttpclient.client import HTTPStreamClient

__all__ = ["HTTPStreamClient"]
