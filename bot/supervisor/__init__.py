"""Keeps the processes of the assistant running, as one: started together, shown together, stopped together.

ports      free ports, and the public one held from the first moment on
processes  one process and all that it starts: its lines, its end
probes     whether it answers yet
display    everybody's lines, each under a name
keeper     starts, watches, restarts, stops
stack      which processes there are
"""
