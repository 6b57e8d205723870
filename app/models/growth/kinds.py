"""What growth is told apart by."""

from enum import StrEnum


class Dimension(StrEnum):
    PSI = "PSI"
    RHO = "RHO"
    Q = "Q"
    F = "F"


class Element(StrEnum):
    FIRE = "FIRE"
    WATER = "WATER"
    EARTH = "EARTH"
    AIR = "AIR"
    AETHER = "AETHER"
