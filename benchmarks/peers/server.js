// `node server.js graph.json candidate`: serves POST /graphql on a free port of 127.0.0.1 and prints which one.
import { createServer } from 'node:http'
import { buildSchema } from 'graphql'
import { makeContext, makeSchema } from './graph.js'

const schema = makeSchema(buildSchema)
const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))

async function yoga(plugins = []) {
  const { createYoga } = await import('graphql-yoga')
  return listen(createServer(createYoga({ schema, plugins, context: makeContext, logging: false, graphiql: false })))
}

async function yogaWithJit() {
  const { useGraphQlJit } = await import('@envelop/graphql-jit')
  return yoga([useGraphQlJit()])
}

async function mercurius(jit) {
  const [{ default: fastify }, { default: plugin }] = await Promise.all([import('fastify'), import('mercurius')])
  const app = fastify()
  app.register(plugin, { schema, jit, context: makeContext })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app.server.address().port
}

async function apollo() {
  const { ApolloServer } = await import('@apollo/server')
  const { startStandaloneServer } = await import('@apollo/server/standalone')
  const listening = { host: '127.0.0.1', port: 0 }
  const context = async () => makeContext()
  const { url } = await startStandaloneServer(new ApolloServer({ schema }), { listen: listening, context })
  return new URL(url).port
}

const servers = {
  'Yoga': () => yoga(),
  'Yoga + jit': yogaWithJit,
  'Mercurius': () => mercurius(0),
  'Mercurius + jit': () => mercurius(1),
  'Apollo Server': apollo,
}

process.stdin.on('end', () => process.exit()).resume()
console.log(Number(await servers[process.argv[3]]()))
