"""What the assistant would do with labelled sentences, and the figures that follow from it.

sentences  reading them
asking     what the assistant would do with each
figures    what follows
"""
