"""GraphQL over HTTP: whole answers, server-sent events and increments in parts."""
