"""The steps from one shape of the tables to the next; `wallet_core.schema` carries them out."""
