// The client secret that the demo issuer knows. It is made from the server's encryption key (src/app/demo.rs), so that it
// differs from one installation to the next and is the same after every start.
import { createHmac, hkdfSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Latchkey } from './server'

/** The client that the demo issuer knows. */
export const DEMO_CLIENT = 'demo-client'

/** Its secret. */
export async function demoSecret(latchkey: Latchkey): Promise<string> {
  const text = await readFile(join(latchkey.dataDirectory, 'encryption-key'), 'utf8')
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(text.trim(), 'hex'), '', 'latchkey/fingerprint/v1', 32))
  const fingerprint = (purpose: string) => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(purpose.length))
    return createHmac('sha256', key).update(length).update(purpose).update('demo').digest('hex').slice(0, 16)
  }
  return fingerprint('demo-client-secret-1') + fingerprint('demo-client-secret-2')
}
