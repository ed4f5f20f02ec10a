"""The WebQQ wire format, pure: what stands in a request, an answer, a poll event, and nothing else.

This package knows how bytes become typed values and values become bytes, for both sides: the client builds
requests and reads answers, the gateway reads requests and builds answers, both through the same row of
:mod:`.calls`, so that each call's form stands once. It knows both flavours of the service (WebQQ of 2013,
SmartQQ of 2016; see :mod:`.flavour`).

It must not know sockets, clocks, chance, files or the environment: time stamps, cache breakers and random
bytes are arguments. It keeps no state, makes no request and takes no decision about when to call what. It
imports nothing of :mod:`webqq` but itself.

Names and texts are plain text everywhere outside this package. Their HTML entities are written and read in
four places only: :mod:`.content` for texts in a content array, :mod:`.shape` for the fields of answers and
events that are marked as entity text, :mod:`.calls.login` for the text and nickname of ptuiCB,
:mod:`.events.notices` for the XML of a notice.
"""
