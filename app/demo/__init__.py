"""Demo data: a practice to try the API with, and a large one to see how it holds."""

from app.demo.large import load_large_demo
from app.demo.practice import LOGINS, PASSWORD, load_demo

__all__ = ["LOGINS", "PASSWORD", "load_demo", "load_large_demo"]
