"""Calling agents for customers who wait on the line: what the worker does. What the agents hear is the gateway's.

ringing    calls agents' phones at their pace, each written down before it is called, and stops what rings for nobody
"""
