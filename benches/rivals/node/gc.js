// A heap at work: small objects that die soon, trees, caches and strings.
'use strict';
const { report } = require('./report.js');

// What is computed goes here, so that it is computed.
let sink = null;

// Numbers that look random (Marsaglia 2003, xorshift of 32 bits), the same in every program.
function random(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function micro() {
  const COUNT = 20_000_000;
  class Small {
    constructor(number) {
      this.next = null;
      this.a = number;
      this.b = number;
    }
  }
  let start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i++) sink = new Small(i);
  report('alloc-24', start, COUNT);
  const hosts = [new Small(0), new Small(1), new Small(2), new Small(3)];
  const store = (name) => {
    start = process.hrtime.bigint();
    for (let i = 0; i < COUNT; i++) hosts[i & 3].next = hosts[(i + 1) & 3];
    report(name, start, COUNT);
  };
  store('barrier');
  // They are old after so much garbage.
  for (let i = 0; i < COUNT; i++) sink = new Small(i);
  store('barrier-old');
}

class Tree {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }
}

function build(depth) {
  return depth === 0 ? new Tree(null, null) : new Tree(build(depth - 1), build(depth - 1));
}

function count(tree) {
  return tree.left === null ? 1 : 1 + count(tree.left) + count(tree.right);
}

function trees(name) {
  const DEPTH = 18;
  const start = process.hrtime.bigint();
  let nodes = count(build(DEPTH + 1));
  const kept = build(DEPTH);
  for (let depth = 4; depth <= DEPTH; depth += 4) {
    for (let i = 0; i < 1 << (DEPTH - depth + 4); i++) nodes += count(build(depth));
  }
  nodes += count(kept);
  report(name, start, nodes);
}

function gcbench() {
  const DEPTH = 18;
  const start = process.hrtime.bigint();
  const kept = build(DEPTH);
  const array = Float64Array.from({ length: 500_000 }, (_, i) => 1 / (i + 1));
  let nodes = 0;
  for (let depth = 4; depth <= 16; depth += 2) {
    const number = (1 << (DEPTH + 2)) / (2 << depth);
    for (let i = 0; i < number; i++) nodes += count(build(depth));
  }
  if (count(kept) !== (2 << DEPTH) - 1 || array.length !== 500_000) throw new Error('lost');
  report('gcbench', start, nodes);
}

function splay() {
  const SIZE = 8000, ROUNDS = 400, CHANGES = 80, PAYLOAD_DEPTH = 5;
  class Node {
    constructor(key, value) {
      this.key = key;
      this.value = value;
      this.left = null;
      this.right = null;
    }
  }
  function payload(depth, tag) {
    if (depth === 0) {
      return { array: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], text: `String for key ${tag} in leaf node` };
    }
    return { left: payload(depth - 1, tag), right: payload(depth - 1, tag) };
  }
  let root = null;
  const dummy = new Node(0, null);
  function splayAt(top, key) {
    dummy.left = dummy.right = null;
    let left = dummy, right = dummy, current = top;
    for (;;) {
      if (key < current.key) {
        if (current.left === null) break;
        if (key < current.left.key) {
          const child = current.left;
          current.left = child.right;
          child.right = current;
          current = child;
          if (current.left === null) break;
        }
        right.left = current;
        right = current;
        current = current.left;
      } else if (key > current.key) {
        if (current.right === null) break;
        if (key > current.right.key) {
          const child = current.right;
          current.right = child.left;
          child.left = current;
          current = child;
          if (current.right === null) break;
        }
        left.right = current;
        left = current;
        current = current.right;
      } else break;
    }
    left.right = current.left;
    right.left = current.right;
    current.left = dummy.right;
    current.right = dummy.left;
    return current;
  }
  function insert(key) {
    if (root !== null) {
      root = splayAt(root, key);
      if (root.key === key) return false;
    }
    const node = new Node(key, payload(PAYLOAD_DEPTH, key));
    if (root !== null) {
      if (key > root.key) {
        node.left = root;
        node.right = root.right;
        root.right = null;
      } else {
        node.right = root;
        node.left = root.left;
        root.left = null;
      }
    }
    root = node;
    return true;
  }
  function removeBelow(key) {
    root = splayAt(root, key);
    if (root.left === null) {
      root = root.right;
      return;
    }
    root.left = splayAt(root.left, 0xffffffff).left;
  }
  const next = random(42);
  const add = () => {
    for (;;) {
      const key = next();
      if (insert(key)) return key;
    }
  };
  for (let i = 0; i < SIZE; i++) add();
  const start = process.hrtime.bigint();
  for (let i = 0; i < ROUNDS * CHANGES; i++) removeBelow(add());
  report('splay', start, ROUNDS * CHANGES);
}

function lru() {
  const SIZE = 1_000_000, KEYS = 2_000_000, REQUESTS = 4_000_000;
  class Entry {
    constructor(key) {
      this.key = key;
      this.value = key;
      this.newer = null;
      this.older = null;
    }
  }
  const table = new Map();
  let newest = null, oldest = null;
  function unlink(entry) {
    const { newer, older } = entry;
    if (newer === null) newest = older;
    else newer.older = older;
    if (older === null) oldest = newer;
    else older.newer = newer;
  }
  function push(entry) {
    entry.newer = null;
    entry.older = newest;
    if (newest === null) oldest = entry;
    else newest.newer = entry;
    newest = entry;
  }
  function add(key) {
    const entry = new Entry(key);
    table.set(key, entry);
    push(entry);
  }
  for (let key = 0; key < SIZE; key++) add(key);
  const next = random(7);
  let sum = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < REQUESTS; i++) {
    const key = next() % KEYS;
    const entry = table.get(key);
    if (entry !== undefined) {
      unlink(entry);
      push(entry);
      sum += entry.value;
    } else {
      table.delete(oldest.key);
      unlink(oldest);
      add(key);
    }
  }
  report('lru', start, REQUESTS);
  if (sum === 0) throw new Error('nothing was found');
}

function strings() {
  const COUNT = 5_000_000, KEPT = 1000;
  const ring = new Array(KEPT).fill(null);
  let length = 0;
  const start = process.hrtime.bigint();
  for (let number = 0; number < COUNT; number++) {
    const place = number % KEPT;
    const old = ring[place];
    const made = old === null ? `key${number}:` : `key${number}:${old.slice(0, 12)}`;
    length += made.length;
    ring[place] = made;
  }
  report('string-churn', start, COUNT);
  if (length === 0) throw new Error('nothing was made');
}

micro();
trees('binary-trees');
trees('binary-trees-mixed');
gcbench();
splay();
lru();
strings();
