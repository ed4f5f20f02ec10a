"""A scripted service for each test of the bot, as the client's tests have it."""

from tests.client.conftest import service

__all__ = ["service"]
