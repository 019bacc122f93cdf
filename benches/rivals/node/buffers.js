// Memory for bytes taken and given back, and what is done with 64 KiB of them.
'use strict';
const { report } = require('./report.js');

const COUNT = 1_000_000;
const SIZES = [64, 256, 1024, 4096, 16_384, 65_536];
const LEN = 65_536;
const ROUNDS = 2000;
const ABSENT = 'query';

// What is computed goes here, so that it is computed.
let sink = 0;

for (const size of SIZES) {
  // A large buffer takes so long that fewer tell as much.
  const count = size > 4096 ? COUNT / 10 : COUNT;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    const buffer = Buffer.allocUnsafe(size);
    buffer[0] = 120;
    sink += buffer[0];
  }
  report(`alloc-${size}`, start, count);
}

function time(name, job) {
  // Compiled before it counts.
  for (let i = 0; i < ROUNDS / 10; i++) sink += job();
  const start = process.hrtime.bigint();
  for (let i = 0; i < ROUNDS; i++) sink += job();
  report(name, start, ROUNDS);
}

// The same numbers in every program (Knuth's generator, the upper half of each state).
function* random() {
  let state = 1n;
  for (;;) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1n);
    yield Number(state >> 33n);
  }
}

const fill = (make) => {
  const numbers = random();
  return Buffer.from(Array.from({ length: LEN }, () => make(numbers.next().value)));
};

const bytes = fill((number) => number & 255);
for (const encoding of ['base64', 'hex']) {
  const text = bytes.toString(encoding);
  time(encoding, () => bytes.toString(encoding).length);
  time(`${encoding}-decode`, () => Buffer.from(text, encoding).length);
}
const text = fill((number) => (number % 27 === 26 ? 32 : 97 + (number % 27)));
time('index_of', () => text.indexOf(ABSENT));
time('last_index_of', () => text.lastIndexOf(ABSENT));
if (sink === 1) throw new Error('unlikely');
