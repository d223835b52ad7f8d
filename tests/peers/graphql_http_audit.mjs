// Runs every audit of graphql-http against a server: node graphql_http_audit.mjs URL TOKEN
// Prints each audit that is not ok; exit code 1 if a MUST or a SHOULD is among them.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
if (!url || !token) {
  console.error('usage: node graphql_http_audit.mjs URL TOKEN');
  process.exit(2);
}

const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

// Statuses of the suite: `error` is a MUST, `warn` a SHOULD, `notice` a MAY.
const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
const audits = serverAudits({ url, fetchFn });
for (const audit of audits) {
  const result = await audit.fn();
  counts[result.status] += 1;
  if (result.status !== 'ok') {
    console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
  }
}
console.log(
  `${audits.length} audits: ${counts.ok} ok, ${counts.notice} notices, ${counts.warn} warnings, ${counts.error} errors`,
);
process.exit(counts.warn + counts.error > 0 ? 1 : 0);
