// Prints one line of JSON for a case: nanoseconds for each of `count` operations.
'use strict';

exports.report = (testCase, start, count) => {
  const ns = Number(process.hrtime.bigint() - start) / count;
  console.log(JSON.stringify({ case: testCase, ns }));
};

// The median of the rounds: the first ones run code that is not compiled yet.
exports.reportMedian = (testCase, rounds) => {
  const sorted = rounds.toSorted((a, b) => a - b);
  console.log(JSON.stringify({ case: testCase, ns: sorted[sorted.length >> 1] }));
};
