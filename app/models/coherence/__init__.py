"""Coherence: the questions that measure it, and what members answered."""
