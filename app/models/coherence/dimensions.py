"""What is measured of a member: four dimensions of coherence, five elements."""

from enum import StrEnum


class Dimension(StrEnum):
    PSI = "PSI"
    RHO = "RHO"
    Q = "Q"
    F = "F"


class Element(StrEnum):
    """In the order of a radar chart's axes, and in which ties are decided."""

    FIRE = "FIRE"
    WATER = "WATER"
    EARTH = "EARTH"
    AIR = "AIR"
    AETHER = "AETHER"
