// A million timeouts: set, cleared before they are due, and all due at once.
// `fire` is timed from the moment that all are due until the last callback has run.
'use strict';
const { report } = require('./report.js');

const COUNT = 1_000_000;
const SHORTEST = 3000;

function insertAndCancel(distinct) {
  const timeouts = new Array(COUNT);
  let start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i++) timeouts[i] = setTimeout(() => {}, SHORTEST + (i % distinct));
  report(`insert-${distinct}`, start, COUNT);
  start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i++) clearTimeout(timeouts[i]);
  report(`cancel-${distinct}`, start, COUNT);
}

function fire(distinct) {
  let fired = 0;
  let start;
  for (let i = 0; i < COUNT; i++) {
    setTimeout(() => {
      if (++fired === COUNT) report(`fire-${distinct}`, start, COUNT);
    }, SHORTEST + (i % distinct));
  }
  const due = process.hrtime.bigint() + BigInt(SHORTEST + distinct + 2) * 1_000_000n;
  while (process.hrtime.bigint() < due);
  start = process.hrtime.bigint();
}

insertAndCancel(5);
insertAndCancel(60_000);
fire(5);
