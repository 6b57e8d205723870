"""Rapport: a GraphQL server with live views for coaching practices."""
