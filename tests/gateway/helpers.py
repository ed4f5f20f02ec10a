"""What the gateway's tests share."""

import argon2

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""An argon2 that costs nothing. Never for passwords of people."""
