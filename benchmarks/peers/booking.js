// `node booking.js connections pipelined|plain`: serves bookSession by Yoga and node-postgres on a free port of
// 127.0.0.1 and prints which one. Its first line of input is the schema and the statements, which are pgbench's too.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { GraphQLScalarType } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import pg from 'pg'

const HOUR = 3_600_000
const DAYS = 2 * 24 * HOUR
const FULL = 'This slot is now full, please choose another'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { sdl, statements } = JSON.parse((await lines.next()).value)
const [connections, way] = process.argv.slice(2)
const pipeline = way === 'pipelined'
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text)
const pool = new pg.Pool({ max: Number(connections), idleTimeoutMillis: 0, pipeline })

const SETTINGS = ['app.role', 'app.system', 'app.user_id', 'app.coach_id', 'app.member_id', 'app.calendar_id']
const SET = `SELECT ${SETTINGS.map((name, n) => `set_config('${name}', $${n + 1}, true)`).join(', ')}`

const keyOf = (globalId) => Buffer.from(globalId, 'base64url').toString().split(':')[1]
const idOf = (type, key) => Buffer.from(`${type}:${key}`).toString('base64url')

/** One of the statements, prepared under its name, with the values that it names. */
function run(client, name, values) {
  const [text, names] = statements[name]
  return client.query({ name, text, values: names.map((each) => values[each]) })
}

/** One after the other: sent without waiting for the answers between, or each after the answer to the last. */
async function inOrder(steps) {
  if (pipeline) return Promise.all(steps.map((step) => step()))
  const answers = []
  for (const step of steps) answers.push(await step())
  return answers
}

/** The actor's settings ride in BEGIN's round trip. */
function begin(client, { role, userId, memberId }) {
  const values = [role, '', userId, '', memberId, '']
  if (pipeline) return inOrder([() => client.query('BEGIN'), () => client.query({ name: 'settings', text: SET, values })])
  const set = SETTINGS.map((name, n) => `set_config('${name}', ${client.escapeLiteral(values[n])}, true)`).join(', ')
  return client.query(`BEGIN; SELECT ${set}`)
}

/** Statements that need nothing of each other's answers, and the commit. */
function write(client, names, values) {
  return inOrder([...names.map((name) => () => run(client, name, values)), () => client.query('COMMIT')])
}

/** The slot that starts then, in a calendar whose zone is UTC: no other is asked for here. */
function slotAt(calendar, start) {
  const midnight = new Date(start).setUTCHours(0, 0, 0, 0)
  const minute = (start - midnight) / 60_000
  const day = new Date(start).getUTCDay() || 7
  const step = calendar.slot_interval_minutes ?? calendar.session_minutes + calendar.buffer_minutes
  const window = calendar.windows.find(
    ([dayNo, from, until]) =>
      dayNo === day && minute >= from && minute + calendar.session_minutes <= until && (minute - from) % step === 0,
  )
  if (!window || !calendar.is_active || start < Date.now() + calendar.min_notice_minutes * 60_000) return null
  const end = start + calendar.session_minutes * 60_000
  const buffer = calendar.buffer_minutes * 60_000
  const overlaps = (from, until) => from < end + buffer && until + buffer > start
  let booked = 0
  for (const [from, until, seats] of calendar.taken) {
    if (from * 1000 === start) booked = Number(seats)
    else if (overlaps(from * 1000, until * 1000)) return null
  }
  if (calendar.time_off.some(([from, until]) => from * 1000 < end && until * 1000 > start)) return null
  if (calendar.busy.some(([from, until]) => from * 1000 < end && until * 1000 > start)) return null
  return { end, capacity: window[3], booked }
}

async function bookSession(_, { input }, { actor }) {
  const coachId = keyOf(input.coachId)
  const start = Date.parse(input.startsAt)
  const at = (time) => new Date(time).toISOString()
  const values = {
    coach_id: coachId,
    member_id: actor.memberId,
    user_id: actor.userId,
    starts_at: at(start),
    since: at(start - DAYS),
    until: at(start + DAYS),
    session_id: randomUUID(),
    booking_id: randomUUID(),
    change_id: randomUUID(),
  }
  const client = await pool.connect()
  let broken
  try {
    const [, opened, found] = await inOrder([
      () => begin(client, actor),
      () => run(client, 'lock', values),
      () => run(client, 'read', values), // a new statement, which sees what was committed before the lock was had
    ])
    const calendar = found.rows[0]
    if (opened.rows[0].open_calendar === null || calendar?.member_status !== 'ACTIVE') throw new Error('FORBIDDEN')
    const slot = slotAt(calendar, start)
    const facts = { coach_id: coachId, member_id: actor.memberId }
    if (slot === null || slot.booked >= slot.capacity) {
      values.reason = slot === null ? 'OUTSIDE_AVAILABILITY' : 'FULL'
      values.event_type = 'BookingRejected'
      values.event = JSON.stringify({ booking_id: values.booking_id, ...facts, reason: values.reason })
      await write(client, ['rejection', 'outbox'], values)
      if (slot !== null) return { __typename: 'SlotFull', code: 'SLOT_FULL', message: FULL }
      return { __typename: 'SlotUnavailable', code: 'SLOT_UNAVAILABLE', message: 'It is not offered', reason: values.reason }
    }
    values.ends_at = at(slot.end)
    values.capacity = slot.capacity
    values.seat_no = (await run(client, 'takeSeat', values)).rows[0].seat_no
    values.event_type = 'SessionBooked'
    values.event = JSON.stringify({ session_id: values.session_id, ...facts, starts_at: values.starts_at })
    await write(client, ['session', 'sessionChange', 'booking', 'version', 'outbox'], values)
    const booked = slot.booked + 1
    return {
      __typename: 'Booking',
      id: idOf('Booking', values.booking_id),
      status: 'CONFIRMED',
      session: {
        id: idOf('Session', values.session_id),
        startsAt: values.starts_at,
        endsAt: values.ends_at,
        status: 'SCHEDULED',
        version: 1,
        memberName: calendar.member_name,
        note: null,
        kind: 'REGULAR',
        format: 'INDIVIDUAL',
      },
      slot: {
        id: idOf('Slot', `${coachId}@${values.starts_at}`),
        remaining: slot.capacity - booked,
        booked,
        isBookable: false,
        unavailableReason: booked >= slot.capacity ? 'FULL' : 'MEMBER_BUSY',
      },
    }
  } catch (failure) {
    await client.query('ROLLBACK').catch((lost) => (broken = lost))
    throw failure
  } finally {
    client.release(broken)
  }
}

const typeOf = (value) => value.__typename
const resolvers = {
  DateTime: new GraphQLScalarType({ name: 'DateTime' }),
  Mutation: { bookSession },
  BookSessionResult: { __resolveType: typeOf },
  Problem: { __resolveType: typeOf },
  Node: { __resolveType: typeOf },
}
const schema = createSchema({ typeDefs: sdl, resolvers, resolverValidationOptions: { requireResolversForResolveType: 'ignore' } })

// Who asks stands in a header, unsigned: less work than reading a token.
function context({ request }) {
  const [userId, memberId] = request.headers.get('authorization').slice('Bearer '.length).split('.')
  return { actor: { role: 'MEMBER', userId, memberId } }
}

const server = createServer(createYoga({ schema, context, logging: false, graphiql: false, maskedErrors: false }))
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => console.log(server.address().port))
process.stdin.on('end', () => process.exit())
for await (const _ of lines);
process.exit()
