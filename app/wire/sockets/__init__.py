"""GraphQL over websockets: graphql-transport-ws, and the older graphql-ws."""
