"""Our parts of Rasa's graph, and the door by which the gateway speaks to it."""
