// A million timeouts: set, cleared before they are due, and all due at once.
// `fire` waits until all are due, and times from there until the last callback has run. Node has
// no virtual clock, so it fires 5 durations only: the last of 60,000 is a minute away.
'use strict';
const { report } = require('./report.js');

const COUNT = 1_000_000;
const SHORTEST = 1000;

// The durations come in turn, or in no order, as those of a real program do.
const inTurn = (distinct) => ({
  distinct, name: `${distinct}`, get: (index) => SHORTEST + (index % distinct),
});
// Knuth's multiplicative hash: the same in every program.
const mixed = (distinct) => ({
  distinct, name: `${distinct}-mixed`,
  get: (index) => SHORTEST + (Math.imul(index, 2654435761) >>> 8) % distinct,
});

function insertAndCancel(durations) {
  const timeouts = new Array(COUNT);
  let start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i++) timeouts[i] = setTimeout(() => {}, durations.get(i));
  report(`insert-${durations.name}`, start, COUNT);
  start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i++) clearTimeout(timeouts[i]);
  report(`cancel-${durations.name}`, start, COUNT);
}

function fire(durations) {
  let fired = 0;
  let start;
  for (let i = 0; i < COUNT; i++) {
    setTimeout(() => {
      if (++fired === COUNT) report(`fire-${durations.name}`, start, COUNT);
    }, durations.get(i));
  }
  const due = process.hrtime.bigint() + BigInt(SHORTEST + durations.distinct + 2) * 1_000_000n;
  while (process.hrtime.bigint() < due);
  start = process.hrtime.bigint();
}

for (const durations of [inTurn(5), inTurn(60_000), mixed(5), mixed(60_000)]) {
  insertAndCancel(durations);
}
fire(inTurn(5));
setImmediate(() => setTimeout(() => fire(mixed(5)), 0));
