"""Twilio's servers, as far as we need them: a stateful stand-in for the demo and the tests, with phones to hold.

It speaks Twilio's REST, sends signed webhooks, executes TwiML and refuses what Twilio refuses. The engine takes its clock
and its HTTP transport from whoever makes it (`simulator.Simulator`); `python -m bot.simulator` serves it on loopback.
"""
