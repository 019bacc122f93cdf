#!/usr/bin/env node
// usage: node verify.mjs FILE...
// Runs every program on this Node and reports what differs from the recording.
import fs from 'node:fs';
import { execStream } from './stream-exec.mjs';

// So many differences of a file are shown.
const SHOWN = 10;

let failed = 0;
for (const file of process.argv.slice(2)) {
  const document = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (document.format !== 'synodic-vectors' || document.suite !== 'streams') {
    throw new Error(`${file} has no vectors of this suite`);
  }
  let different = 0;
  for (const { expect, ...input } of document.cases) {
    const expected = JSON.stringify(expect);
    const actual = JSON.stringify(await execStream(input));
    if (actual !== expected && ++different <= SHOWN) {
      console.log(`${input.id}\n  recorded ${expected}\n  here     ${actual}`);
    }
  }
  const same = document.cases.length - different;
  console.log(`${file}: ${same} of ${document.cases.length} as on ${document.oracle.version}`);
  failed += different;
}
process.exit(failed ? 1 : 0);
