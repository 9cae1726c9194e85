// The other side of bench/mapping.py: @segment/actions-core in this Node. For each line on standard
// input it runs one round, and answers with the events per second of mapping alone and of mapping
// with validation, schema cached.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

const [folder, vectors, secondsText] = process.argv.slice(2)
const seconds = Number(secondsText)
const core = join(folder, 'node_modules/@segment/actions-core/dist/cjs')
const require = createRequire(join(core, 'index.js'))
const { transform } = require('./mapping-kit/index.js')
const { removeEmptyValues } = require('./remove-empty-values.js')
const { validateSchema } = require('./schema-validation.js')
const { fieldsToJsonSchema } = require('./destination-kit/fields-to-jsonschema.js')

const read = (name) => JSON.parse(readFileSync(join(vectors, name), 'utf8'))
const event = read('bench_event.json')
const mapping = read('bench_mapping.json')
const schema = fieldsToJsonSchema(read('presets_fields.json')['actions-ripe-cloud/page'])

function mapped() {
  return transform(mapping, event)
}

function validated() {
  const payload = removeEmptyValues(transform(mapping, event), schema, true)
  validateSchema(payload, schema, { schemaKey: 'bench:page' })
  return payload
}

function eventsPerSecond(run) {
  const end = performance.now() + seconds * 1000
  const start = performance.now()
  let count = 0
  while (performance.now() < end) {
    for (let index = 0; index < 100; index += 1) run()
    count += 100
  }
  return (count * 1000) / (performance.now() - start)
}

mapped()
validated()
const rounds = createInterface({ input: process.stdin })
rounds.on('line', () => {
  process.stdout.write(`${JSON.stringify([eventsPerSecond(mapped), eventsPerSecond(validated)])}\n`)
})
