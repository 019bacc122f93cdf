#!/usr/bin/env node
// usage: node gen.mjs --set NAME --seed N [--out FILE]
// Records what this Node does with random cases. The same seed gives the same cases.
import fs from 'node:fs';
import { genBuffers } from './buffer-gen.mjs';
import { execBuffer } from './buffer-exec.mjs';
import { writeFileText } from '../shared/codec.mjs';

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const set = argument('set', 'public');
const seed = Number(argument('seed', '1'));
const out = argument('out', `${set}.json`);

const cases = [];
for (const generated of genBuffers(seed)) {
  // Exactly what a reader of the file will see.
  const input = JSON.parse(JSON.stringify(generated));
  cases.push({ ...input, expect: JSON.parse(JSON.stringify(await execBuffer(input))) });
}
const header = {
  format: 'synodic-vectors', version: 1, suite: 'buffers', set, seed,
  oracle: { runtime: 'node', version: process.version },
};
fs.writeFileSync(out, writeFileText(header, cases));
console.log(`${out}: ${cases.length} cases`);
