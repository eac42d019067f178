"""How fast the assistant is, beside `rasa init`'s default project on the same machine in the same run.

servers    starting a server, waiting for it, its memory, stopping it
ours       the whole assistant, trained and started for the measurement
rasa_init  the default project, made, trained and started likewise
wire       HTTP that costs next to nothing on the client's side
doors      conversations through the gateway, the connector, Rasa's REST channel
sentences  what is said in them
measures   times taken in turns, growth with the conversation, throughput
steps      what of a turn is the actions', what the core's
running    all that is measured of both while they run
inside     what only Rasa's Python can do: understanding in the process, drawing
figures    what follows from the times
report     the table, and what had to be met
"""
