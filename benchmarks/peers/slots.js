// `node slots.js yoga|jit`: serves `availableSlots` by Yoga and node-postgres on a free port of 127.0.0.1 and prints it.
// Its first line of input says where the database is and whom each access token stands for. Each request is one round
// trip: the SQL function that ours calls, prepared once; then integer arithmetic, with one offset for each local day.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { GraphQLError, GraphQLScalarType } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import pg from 'pg'

const INT8_ARRAY = 1016
const numbers = (text) => JSON.parse(text.replaceAll('{', '[').replaceAll('}', ']'))
pg.types.setTypeParser(INT8_ARRAY, numbers)

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { sdl, database, actors } = JSON.parse((await lines.next()).value)
const pool = new pg.Pool({ ...database, max: 6 })
const LOOK = {
  name: 'look',
  text: 'SELECT * FROM look_at_calendars($1, $2, $3, $4, $5, $6, $7, $8)',
}
const DAY = 86_400
const REACH = 2 * DAY
const REASONS = [
  'COACH_NOT_ACTIVE', 'OUTSIDE_AVAILABILITY', 'NOT_A_SLOT_START', 'IN_THE_PAST', 'TOO_SOON', 'TOO_FAR_AHEAD',
  'TIME_OFF', 'CONFLICTS_WITH_SESSION', 'FULL', 'MEMBER_BUSY',
]
const BIT = Object.fromEntries(REASONS.map((reason, place) => [reason, 1 << place]))
const FIRST = Array.from({ length: 1 << REASONS.length }, (_, bits) => REASONS.find((r) => bits & BIT[r]) ?? null)
const TIMES = Array.from({ length: 1_440 }, (_, m) => `${two(Math.floor(m / 60))}:${two(m % 60)}:00`)

function two(number) {
  return String(number).padStart(2, '0')
}

const moment = (seconds) => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`

const offsets = new Map()
function offsetAt(zone, seconds) {
  const key = `${zone} ${Math.floor(seconds / 3_600)}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(seconds * 1_000).find((part) => part.type === 'timeZoneName').value
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name)
    offset = sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0
    offsets.set(key, offset)
  }
  return offset
}

// Days on which the clock changes are left out of this benchmark, and are less work here than they are for ours.
function starts(calendar, since, until) {
  const { time_zone: zone, session_minutes: length, slot_interval_minutes: interval } = calendar
  const step = interval ?? length + calendar.buffer_minutes
  const days = []
  for (const window of calendar.windows) (days[window[0]] ??= []).push(window)
  for (const windows of days) windows?.sort((a, b) => a[1] - b[1])
  const found = []
  const last = Math.floor((until + offsetAt(zone, until) * 60) / DAY)
  for (let day = Math.floor((since + offsetAt(zone, since) * 60) / DAY); day <= last; day++) {
    const offset = offsetAt(zone, day * DAY)
    const midnight = day * DAY - offset * 60
    const localDate = new Date(day * DAY * 1_000).toISOString().slice(0, 10)
    for (const [, first, end, capacity] of days[((day + 3) % 7) + 1] ?? []) {
      for (let minute = first; minute + length <= end; minute += step) {
        const at = midnight + minute * 60
        if (at >= since && at < until) found.push({ at, day, capacity, localDate, localTime: TIMES[minute], offset })
      }
    }
  }
  return found
}

function slotsOf(calendar, coachId, since, until, now) {
  const length = calendar.session_minutes * 60
  const buffer = calendar.buffer_minutes * 60
  const notice = now + calendar.min_notice_minutes * 60
  const today = Math.floor((now + offsetAt(calendar.time_zone, now) * 60) / DAY)
  const lastDay = today + calendar.booking_window_days
  const { taken, time_off: off, busy } = calendar
  let first = 0
  return starts(calendar, since, until).map(({ at, day, capacity, localDate, localTime, offset }) => {
    const ends = at + length
    let bits = calendar.is_active ? 0 : BIT.COACH_NOT_ACTIVE
    let booked = 0
    if (at < now) bits |= BIT.IN_THE_PAST
    else if (at < notice) bits |= BIT.TOO_SOON
    if (day > lastDay) bits |= BIT.TOO_FAR_AHEAD
    for (const [start, end] of off) if (start < ends && at < end) bits |= BIT.TIME_OFF
    for (const [start, end] of busy) if (start < ends && at < end) bits |= BIT.MEMBER_BUSY
    while (first < taken.length && taken[first][1] + buffer <= at) first++
    for (let index = first; index < taken.length && taken[index][0] - buffer < ends; index++) {
      const [start, end, seats] = taken[index]
      if (start === at) {
        booked = seats
        if (seats >= capacity) bits |= BIT.FULL
      } else if (end + buffer > at) bits |= BIT.CONFLICTS_WITH_SESSION
    }
    return {
      id: Buffer.from(`Slot:${coachId}/${at}`).toString('base64url'),
      startsAt: moment(at),
      endsAt: moment(ends),
      capacity,
      booked,
      remaining: Math.max(0, capacity - booked),
      isBookable: bits === 0,
      unavailableReason: FIRST[bits],
      localDate,
      localTime,
      utcOffsetMinutes: offset,
    }
  })
}

const asIs = (name) => new GraphQLScalarType({ name, serialize: (value) => value })
const schema = createSchema({
  typeDefs: sdl,
  resolvers: {
    DateTime: asIs('DateTime'),
    Date: asIs('Date'),
    LocalTime: asIs('LocalTime'),
    TimeZone: asIs('TimeZone'),
    Query: {
      async availableSlots(_, { coachId, from, to, includeUnavailable }, { actor }) {
        const key = Buffer.from(coachId, 'base64url').toString().slice('Coach:'.length)
        const [since, until] = [Date.parse(from) / 1_000, Date.parse(to) / 1_000]
        const range = [moment(since - REACH), moment(until + REACH)]
        const values = [...actor, key, ...range, null].map((value) => [value])
        const { rows } = await pool.query({ ...LOOK, values })
        if (rows.length === 0) throw new GraphQLError('Forbidden', { extensions: { code: 'FORBIDDEN' } })
        const [calendar] = rows
        const slots = slotsOf(calendar, key, since, until, Date.now() / 1_000)
        const shown = includeUnavailable ? slots : slots.filter((slot) => slot.isBookable)
        return { version: calendar.version, timeZone: calendar.time_zone, slots: shown }
      },
    },
  },
})

const plugins = []
if (process.argv[2] === 'jit') {
  const { useGraphQlJit } = await import('@envelop/graphql-jit')
  plugins.push(useGraphQlJit())
}
const context = ({ request }) => ({ actor: actors[request.headers.get('authorization').slice('Bearer '.length)] })
const yoga = createYoga({ schema, plugins, context, logging: false, graphiql: false })
const server = createServer(yoga).listen(0, '127.0.0.1', () => console.log(server.address().port))
for await (const _ of lines) {
}
process.exit()
