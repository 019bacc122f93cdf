// Objects, chunks and lines through a Readable, two transforms and a Writable.
'use strict';
const { Readable, Transform, PassThrough, Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { report } = require('./report.js');

const OBJECTS = 500_000;
const CHUNK_LEN = 64 * 1024;
const CHUNKS = 16_384;
const LINE_LEN = 100;
const TEXTS = 500;

// What is computed goes here, so that it is computed.
let sink = 0;

function counter(count, make, options) {
  let next = 0;
  return new Readable({
    ...options,
    read() { this.push(next < count ? make(next++) : null); },
  });
}

const transform = (change) => new Transform({
  objectMode: true,
  transform(value, _encoding, done) { done(null, change(value)); },
});

async function objects(cases) {
  const source = counter(OBJECTS, (i) => ({ value: i }).value + 1, { objectMode: true });
  const start = process.hrtime.bigint();
  await pipeline(
    source,
    transform((value) => value + 1),
    transform((value) => value * 2),
    new Writable({ objectMode: true, write(value, _encoding, done) { sink += value; done(); } }),
  );
  for (const name of cases) report(name, start, OBJECTS);
}

async function chunks(cases, make) {
  const start = process.hrtime.bigint();
  await pipeline(
    counter(CHUNKS, make),
    new PassThrough(),
    new PassThrough(),
    new Writable({ write(chunk, _encoding, done) { sink += chunk.length; done(); } }),
  );
  for (const name of cases) report(name, start, CHUNKS);
}

async function lines() {
  const text = Buffer.alloc(CHUNK_LEN, 'x');
  for (let at = LINE_LEN; at <= CHUNK_LEN; at += LINE_LEN) text[at - 1] = 10;
  let tail = null;
  const cut = new Transform({
    readableObjectMode: true,
    transform(chunk, _encoding, done) {
      let from = 0;
      for (let at; (at = chunk.indexOf(10, from)) >= 0; from = at + 1) {
        let line = chunk.subarray(from, at);
        if (tail) {
          line = Buffer.concat([tail, line]);
          tail = null;
        }
        this.push(line);
      }
      const rest = chunk.subarray(from);
      if (rest.length > 0) tail = tail ? Buffer.concat([tail, rest]) : rest;
      done();
    },
    flush(done) {
      if (tail) this.push(tail);
      done();
    },
  });
  let count = 0;
  const start = process.hrtime.bigint();
  await pipeline(
    counter(TEXTS, () => text),
    cut,
    new Writable({ objectMode: true, write(_line, _encoding, done) { count++; done(); } }),
  );
  report('lines', start, count);
}

async function main() {
  // Compiled before it counts.
  await objects([]);
  await objects(['fused', 'boxed', 'handles', 'objects']);
  const chunk = Buffer.alloc(CHUNK_LEN, 7);
  await chunks([], () => chunk);
  await chunks(['chunks-by-reference'], () => chunk);
  await chunks(['chunks-filled'], () => Buffer.allocUnsafe(CHUNK_LEN).fill(0));
  await lines();
}

main();
