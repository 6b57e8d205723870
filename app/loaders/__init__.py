"""Batched reads for relations: plain functions from keys to rows, in the order of the keys."""
