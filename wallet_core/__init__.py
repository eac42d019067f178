"""The wallet and its support records: business nouns as modules, verbs as functions.

Knows no Rasa, no Twilio and no web. The caller opens the transaction (`database.Database`), the edge commits.
Table objects stay inside; functions give pydantic objects out.
"""
