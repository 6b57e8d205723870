// The graph of the benchmark: the schema as Rapport prints it, the same data, the same resolvers.
import { readFileSync } from 'node:fs'
import DataLoader from 'dataloader'

const DATES = new Set(['startsAt', 'endsAt'])
const asRead = (key, value) => (DATES.has(key) ? new Date(value) : value)

const graph = JSON.parse(readFileSync(process.argv[2], 'utf8'), asRead)
export const { queries } = graph

const memberById = new Map(graph.members.map((member) => [member.id, member]))
const sessionsByCoach = new Map(graph.coaches.map((coach) => [coach.id, []]))
for (const session of graph.sessions) sessionsByCoach.get(session.coachId).push(session)

const inOneCall = (found) => new DataLoader(async (ids) => ids.map((id) => found.get(id)))

export const makeContext = () => ({ sessions: inOneCall(sessionsByCoach), members: inOneCall(memberById) })

// With the `buildSchema` of any version of graphql-js.
export function makeSchema(buildSchema) {
  const schema = buildSchema(graph.sdl)
  const resolve = (type, field, resolver) => {
    schema.getType(type).getFields()[field].resolve = resolver
  }
  resolve('Query', 'slots', async () => graph.slots)
  resolve('Query', 'coaches', async () => graph.coaches)
  resolve('Coach', 'sessions', (coach, _, context) => context.sessions.load(coach.id))
  resolve('Session', 'member', (session, _, context) => context.members.load(session.memberId))
  const dateTime = schema.getType('DateTime')
  dateTime.serialize = (date) => date.toISOString()
  dateTime.coerceOutputValue = dateTime.serialize // its name in graphql-js 17
  return schema
}
