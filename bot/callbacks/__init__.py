"""Calling customers back: what the worker does when a callback is due. What the call says is the gateway's.

placing    begins calls, at their pace, each written down before it is placed
ends       finds out which talks are over though nobody told us
"""
