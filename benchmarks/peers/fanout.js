// `node fanout.js`: serves subscriptions by Yoga and graphql-ws on a free port of 127.0.0.1 and prints which one.
// Then each line of its input is an event, which all who subscribed to `slotAvailability` are told of; answers a line.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { GraphQLScalarType } from 'graphql'
import { Repeater, createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const TIMES = new Set(['startsAt', 'endsAt'])
const read = (line) => JSON.parse(line, (key, value) => (TIMES.has(key) ? new Date(value) : value))

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { sdl, snapshot } = read((await lines.next()).value)
const pubSub = createPubSub()
const topic = (coachId) => `calendar:${coachId}`

const schema = createSchema({
  typeDefs: sdl,
  resolvers: {
    DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (date) => date.toISOString() }),
    Subscription: {
      slotAvailability: {
        subscribe: (_, { coachId }) =>
          Repeater.merge([
            (async function* () {
              yield snapshot
            })(),
            pubSub.subscribe(topic(coachId)),
          ]),
        resolve: (event) => event,
      },
    },
  },
})

const yoga = createYoga({ schema, logging: false, graphiql: false })
const server = createServer(yoga)
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint, perMessageDeflate: false })

// As Yoga's documentation has it.
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const given = { ...context, req: context.extra.request, socket: context.extra.socket, params }
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped(given)
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length ? errors : args
    },
  },
  sockets,
)

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
for await (const line of lines) {
  const { coachId, event } = read(line)
  console.log('told')
  pubSub.publish(topic(coachId), event)
}
process.exit()
