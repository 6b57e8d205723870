"""Coherence: what is measured of a member."""
