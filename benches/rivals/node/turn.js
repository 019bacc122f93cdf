// Turns of the loop with nothing but an immediate, between two marks for the counter of
// system calls. The mark is one that Node never makes by itself: getppid.
'use strict';
const { report } = require('./report.js');

const TURNS = Number(process.argv[2] ?? 100_000);
const WARM_UP = 1000;

let turns = -WARM_UP;
let start;
function turn() {
  if (turns === 0) {
    void process.ppid;
    start = process.hrtime.bigint();
  }
  if (turns === TURNS) {
    void process.ppid;
    report('turn', start, TURNS);
    return;
  }
  turns++;
  setImmediate(turn);
}
turn();
