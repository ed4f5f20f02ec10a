"""The engine with servers and proxies that others wrote. Each test names those it needs as fixtures; one that is not
installed skips them, one that is and does not start fails them."""
