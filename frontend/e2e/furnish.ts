// An installation as it looks after a morning's work: something of everything, the same every time.
import * as data from './data'
import type { Issuer } from './issuer'
import type { Latchkey } from './server'

/** What there is after `furnish`. */
export type Furnished = {
  /** Key of a connection that works, with requests behind it. */
  working: string
  /** Key of a connection whose secret the issuer refuses. */
  failing: string
  /** Key of a task that was run. */
  task: string
  /** Id of an exchange with an answer, and of one that got no token. */
  answered: string
  refused: string
  /** Key of a secret that connections use. */
  secret: string
}

const REQUESTS = 6

/** Fills a server that has its demo or not. Keys begin with `shop`, `billing` and the like, so tests may use any others. */
export async function furnish(latchkey: Latchkey, issuer: Issuer): Promise<Furnished> {
  const { tokenUrl } = issuer
  issuer.script('shop-client', { secret: 'the shop secret' })
  issuer.script('billing-client', { secret: 'what the issuer expects' })
  issuer.script('crm-client', {
    refusal: { status: 400, body: { error: 'invalid_scope', error_description: 'crm.write is not granted.' } },
  })
  issuer.script('weather-client', {})

  await data.createSecret(latchkey, 'shop-secret', 'the shop secret', 'Shop, production')
  await data.createSecret(latchkey, 'billing-secret', 'what the issuer no longer expects', 'Billing')
  await data.createSecret(latchkey, 'crm-secret', 'any', 'CRM')
  await data.createSecret(latchkey, 'weather-secret', 'any', 'Weather service, unused')

  const connections: [key: string, displayName: string, secret: string, labels: string[]][] = [
    ['shop', 'Shop orders', 'shop-secret', ['production']],
    ['billing', 'Billing', 'billing-secret', ['production', 'finance']],
    ['crm', 'Customer records', 'crm-secret', ['staging']],
    ['weather', 'Weather service', 'crm-secret', []],
    ['archive', 'Archive of invoices', 'crm-secret', ['finance']],
  ]
  for (const [key, displayName, secret, labels] of connections)
    await data.createConnection(latchkey, {
      key,
      displayName,
      secret,
      labels,
      clientId: `${key}-client`,
      accessTokenUrl: tokenUrl,
      parameters: [{ name: 'scope', value: `${key}.read` }],
    })
  await data.updateConnection(latchkey, 'shop', { description: 'Orders of the web shop, read every minute.' })
  await data.updateConnection(latchkey, 'archive', { enabled: false })
  await data.testConnection(latchkey, 'shop')
  await data.testConnection(latchkey, 'billing')

  let answered = ''
  for (let number = 1; number <= REQUESTS; number += 1)
    answered = await data.execute(latchkey, 'shop', issuer.api(`orders/${number}`))
  await data.execute(latchkey, 'shop', issuer.api('status/503'))
  await data.execute(latchkey, null, issuer.api('public'))
  const refused = await data.execute(latchkey, 'billing', issuer.api('invoices'))
  await data.execute(latchkey, 'crm', issuer.api('customers'))
  for (let number = 1; number <= 3; number += 1) await data.retryTokenRequest(latchkey, 'crm')

  await data.createTask(latchkey, {
    key: 'new-orders',
    displayName: 'New orders',
    endpoint: 'Shop',
    url: issuer.api('orders?since={{since}}'),
    connection: 'shop',
    headers: [{ name: 'Accept', value: 'application/json' }],
  })
  await data.createTask(latchkey, {
    key: 'send-invoice',
    displayName: 'Send an invoice',
    endpoint: 'Billing',
    method: 'POST',
    url: issuer.api('invoices'),
    connection: 'billing',
    body: { text: '{"customer": {{customer}}, "amount": {{amount}}}' },
    headers: [{ name: 'Content-Type', value: 'application/json' }],
    retryOnFailure: true,
  })
  await data.runTask(latchkey, 'new-orders', { since: '2026-11-01' })
  await data.runTask(latchkey, 'send-invoice', { customer: 'Ada', amount: 12 })
  return { working: 'shop', failing: 'billing', task: 'new-orders', answered, refused, secret: 'shop-secret' }
}
