// A million async functions that end at once, and a thousand that take turns.
'use strict';
const { report } = require('./report.js');

const COUNT = 1_000_000;
const TASKS = 1000;

async function takeTurns() {
  for (let turn = 0; turn < COUNT / TASKS; turn++) await null;
}

(async () => {
  let start = process.hrtime.bigint();
  const tasks = [];
  for (let i = 0; i < COUNT; i++) tasks.push((async () => i)());
  for (const task of tasks) await task;
  report('spawn', start, COUNT);
  start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: TASKS }, takeTurns));
  report('yield', start, COUNT);
})();
