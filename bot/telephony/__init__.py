"""Twilio: what we ask of it, and what it asks of us. Below the gateway, the actions and the worker; above the core."""
