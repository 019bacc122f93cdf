// A million ticks, then a million microtasks, each queued in bulk and then run.
'use strict';
const { reportMedian } = require('./report.js');

const COUNT = 1_000_000;
const ROUNDS = 3;

async function measure(testCase, enqueue) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    await new Promise((resolve) => {
      let ran = 0;
      const start = process.hrtime.bigint();
      const callback = () => {
        if (++ran === COUNT) {
          rounds.push(Number(process.hrtime.bigint() - start) / COUNT);
          setImmediate(resolve);
        }
      };
      for (let i = 0; i < COUNT; i++) enqueue(callback);
    });
  }
  reportMedian(testCase, rounds);
}

(async () => {
  await measure('tick', process.nextTick);
  await measure('microtask', queueMicrotask);
})();
