"""Values that no field of a kind takes; a value of another JSON type is tried for all of them."""

from base64 import urlsafe_b64encode
from typing import Any

HUGE = "x" * 200_000  # within the bound of a request's body

NO_TEXT: list[Any] = [5, 1.5, True, [], ["x"], {}, {"a": 1}]
BAD_TIMES = [
    *("2026-03-02T09:00:00", "2026-03-02 09:00:00Z", "2026-03-02", "09:00", "now", "", " ", "1772442000"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
    *("2026-02-30T09:00:00Z", "2026-03-02T24:00:00Z", "2026-03-02T09:60:00Z", "2026-03-02T09:00:60Z"),
    *("2026-03-02T09:00:00+25:00", "2026-03-02T09:00:00Z\n", "2026-03-02T09:00:00.1234567Z", "20260302T090000Z"),
    *("٢٠٢٦-03-02T09:00:00Z", "2026-03-02T09:00:00Z\0", "-001-01-01T00:00:00Z", HUGE),
]
BAD_CLOCKS = ["", "9:00", "24:00", "09:60", "25:00", "09:00:30", "09:00:00.5", "09:00Z", "noon", "09:00\0", HUGE]
BAD_DAYS = [
    *("", "2026-02-30", "2026-13-01", "2026-03-02T09:00:00Z", "02.03.2026", "today", "2026-3-2", "2026-03-02\0", HUGE),
    *("0001-01-01", "9999-12-31"),
]
BAD_ZONES = [
    *("", "Mars/Olympus", "europe/berlin", "UTC ", "localtime", "Factory", "../../etc/passwd", "/etc/localtime"),
    *("UTC\0", "Europe", "+01:00", HUGE),
]
BAD_EMAILS = [
    *("", "nobody", "@example.com", "nobody@", "no body@example.com", "a@b@example.com", "nobody@example.com\n"),
    *("nobody@example.com\0", "nobody@exa mple.com", "nobody@-example.com", f"{'x' * 250}@example.com", HUGE),
]
BAD_URLS = [
    *("", " ", "calendar", "calendar.example/a.ics", "//calendar.example/a.ics", "https://", "https:///a.ics"),
    *("webcal:", "file:///etc/passwd", "ftp://calendar.example/a.ics", "javascript:alert(1)", "https://[::1"),
    *("https://ada:secret@calendar.example/", "https://calendar.example:22/", "https://calendar.example\\@a.example/"),
    *("https://calendar.example/\r\nX: y", "https://calendar.example/\0", "https://①②⑦.example/", HUGE),
    *("https://a b.example", f"https://calendar.example/{'x' * 2_048}"),
]
BAD_IDS = [
    *("", " ", "garbage", "%%%%", "Coach:1", "ü", "\0", "=", "====", HUGE, "null", "../../etc/passwd"),
    *(urlsafe_b64encode(each.encode()).decode() for each in ("Coach", "Coach:", ":1", "Coach:1", "Coach:\0", "é:1")),
]
BAD_NUMBERS: list[Any] = [2**31, -(2**31) - 1, 2**53, 2**63, 10**30, 1.5, 1e300, "5", "", True, [], [1], {}]
BAD_CHOICES: list[Any] = ["", "NOTHING", "regular", "monday", HUGE, *NO_TEXT]
BAD_FLAGS: list[Any] = ["", "true", "yes", 0, 1, [], {}]
