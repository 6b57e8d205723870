// What ical.js, which Thunderbird reads calendars with, makes of a calendar: read from standard input, told as JSON.
import ICAL from 'ical.js';

let text = '';
for await (const chunk of process.stdin) text += chunk;

const calendar = new ICAL.Component(ICAL.parse(text));
for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);

const parties = (event, name) =>
  event.getAllProperties(name).map((each) => ({ name: each.getParameter('cn'), address: each.getFirstValue() }));

const events = calendar.getAllSubcomponents('vevent').map((event) => {
  const { uid, sequence, summary, description, startDate, endDate } = new ICAL.Event(event);
  const [starts, ends] = [startDate, endDate].map((time) => time.toJSDate().toISOString());
  const [status, category, contact] = ['status', 'categories', 'contact'].map((name) => event.getFirstPropertyValue(name));
  const [organizers, attendees] = ['organizer', 'attendee'].map((name) => parties(event, name));
  return { uid, sequence, summary, description, starts, ends, status, category, contact, organizers, attendees };
});
console.log(JSON.stringify({ method: calendar.getFirstPropertyValue('method'), events }));
