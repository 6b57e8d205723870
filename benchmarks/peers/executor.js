// `node executor.js graph.json candidate`: for each line `{workload, times}` executes and encodes so many times.
import { createInterface } from 'node:readline'
import { compileQuery } from 'graphql-jit'
import * as graphql16 from 'graphql'
import { makeContext, makeSchema, queries } from './graph.js'

const jit = (options, encode) => () => {
  const schema = makeSchema(graphql16.buildSchema)
  return (query) => {
    const compiled = compileQuery(schema, graphql16.parse(query), undefined, options)
    const stringify = encode(compiled)
    return async () => stringify(await compiled.query(undefined, makeContext(), {}))
  }
}

const interpreted = (graphql) => {
  const schema = makeSchema(graphql.buildSchema)
  return (query) => {
    const document = graphql.parse(query)
    return async () => JSON.stringify(await graphql.execute({ schema, document, contextValue: makeContext() }))
  }
}

// Each makes: query => async () => the answer as text. Documents are parsed, valid and compiled beforehand.
const candidates = {
  'graphql-jit + stringify': jit({}, () => JSON.stringify),
  'graphql-jit + its own stringify': jit({ customJSONSerializer: true }, (compiled) => compiled.stringify),
  'graphql-js 16 + stringify': () => interpreted(graphql16),
  'graphql-js 17 + stringify': async () => interpreted(await import('graphql-17')),
}

const prepare = await candidates[process.argv[3]]()
const prepared = Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, prepare(query)]))

for await (const line of createInterface({ input: process.stdin })) {
  const { workload, times } = JSON.parse(line)
  const work = prepared[workload]
  let answer
  const began = performance.now()
  for (let i = 0; i < times; i++) answer = await work()
  const milliseconds = (performance.now() - began) / times
  console.log(JSON.stringify({ milliseconds, answer: times === 1 ? answer : undefined }))
}
