// Sends one call of each kind with Segment's own library: node send.mjs HOST WRITE_KEY COUNT
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, path: '/v1/batch', flushAt: 20, maxRetries: 3 })
const failures = []
analytics.on('error', (error) => failures.push(String(error.reason ?? error.code)))

const userId = 'ann'
for (let number = 0; number < Number(count); number++) {
  analytics.track({ userId, event: 'Order Completed', messageId: `t${number}`, properties: { number } })
}
analytics.identify({ userId, messageId: 'identify', traits: { plan: 'pro' } })
analytics.page({ anonymousId: 'a1', messageId: 'page', name: 'Pricing' })
analytics.screen({ anonymousId: 'a1', messageId: 'screen', name: 'Home' })
analytics.group({ userId, messageId: 'group', groupId: 'acme' })
analytics.alias({ userId, messageId: 'alias', previousId: 'a1' })
await analytics.closeAndFlush({ timeout: 15000 })
console.log(JSON.stringify(failures))
