"""iCalendar files as a calendar elsewhere would write them."""

BERLIN = (
    "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\n"
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
)


def ics(*events: str, before: str = "") -> bytes:
    """Each event as its lines, without those that begin and end it."""
    made = ""
    for number, event in enumerate(events):
        uid = "" if "UID:" in event else f"UID:{number}@elsewhere.example\n"
        made += f"BEGIN:VEVENT\n{uid}DTSTAMP:20260101T000000Z\n{event.strip()}\nEND:VEVENT\n"
    whole = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Elsewhere//EN\n{before}{made}END:VCALENDAR\n"
    return whole.replace("\n", "\r\n").encode()


def busy(begin: str, end: str, *more: str) -> str:
    """An event between two instants or local times, such as 20260302T090000Z."""
    return "\n".join([f"DTSTART:{begin}", f"DTEND:{end}", "SUMMARY:Secret dentist", *more])
