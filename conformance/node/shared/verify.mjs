import fs from 'node:fs';

// So many differences of a file are shown.
const SHOWN = 10;

/**
 * Runs every case of the files that the command line names with `execute`, and says what differs from
 * the recording.
 */
export async function verify(suite, execute) {
  let failed = 0;
  for (const file of process.argv.slice(2)) {
    const document = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (document.format !== 'synodic-vectors' || document.suite !== suite) {
      throw new Error(`${file} has no vectors of this suite`);
    }
    let different = 0;
    for (const { expect, ...input } of document.cases) {
      const expected = JSON.stringify(expect);
      const actual = JSON.stringify(await execute(input));
      if (actual !== expected && ++different <= SHOWN) {
        console.log(`${input.id}\n  recorded ${expected}\n  here     ${actual}`);
      }
    }
    const same = document.cases.length - different;
    console.log(`${file}: ${same} of ${document.cases.length} as on ${document.oracle.version}`);
    failed += different;
  }
  process.exit(failed ? 1 : 0);
}
