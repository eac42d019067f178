"""The model: trained when and only when what it is made from has changed.

sources    what it is made from, and the fingerprint of that
model      where it lies; training it
faults     what Rasa says when that fails, in one line
"""
