// Each line of JSON on standard input orders one run of an agent; each line on standard output
// tells what became of one. Runs go side by side.
import { createInterface } from 'node:readline';

import { carryOut } from './agent.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  const { number, ...order } = JSON.parse(line);
  carryOut(order).then((outcome) => {
    process.stdout.write(`${JSON.stringify({ number, ...outcome })}\n`);
  });
}
